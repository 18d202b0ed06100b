"""The settings of notices, `[notices]` in the settings file."""

from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from patrol.errors import InputError
from runtime.settings import setting

SECTION = "notices"

_MOST_PORT = 65_535
_DAY_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeSettings:
    """When something is worth a notice, and how it is sent; InputError when it cannot be."""

    timezone: str = setting("Asia/Shanghai", text="IANA time zone of quiet hours")
    outside_s: int = setting(300, text="seconds outside after which there is a notice")
    silent_s: int = setting(900, text="seconds of duty unheard after which there is a notice")
    poll_s: float = setting(1.0, text="seconds between two looks; calls for help wait for none")
    orders_s: float = setting(5.0, text="seconds between two looks at orders, and what is due")
    senders: int = setting(8, text="notices sent at once, at most")
    timeout_s: float = setting(5.0, text="seconds that a receiver has to answer")
    give_up_s: int = setting(_DAY_S, text="seconds after which a notice is no longer sent again")
    link: str = setting("", text="address of the API as receivers reach it, for links")
    plain_http: bool = setting(default=False, text="whether webhooks may go without TLS")
    inside: bool = setting(
        default=False, text="whether webhooks may go to addresses that are not public"
    )
    smtp_host: str = setting("", text="mail server; without it nothing is mailed")
    smtp_port: int = setting(587, text="its port")
    smtp_tls: bool = setting(default=True, text="whether the mail server must take STARTTLS")
    smtp_ca_file: Path | None = setting(None, text="certificates (PEM) by which it is verified")
    smtp_user: str = setting("", text="account at the mail server")
    smtp_password_file: Path | None = setting(None, text="file of that account's password")
    mail_from: str = setting("", text="sender of mails; with smtp_host")
    health_port: int = setting(0, text="port of 127.0.0.1 where it tells how it is; 0 is none")

    def __post_init__(self) -> None:
        for name in ("outside_s", "silent_s", "give_up_s"):
            self._within(name, 1, 30 * _DAY_S)
        self._within("poll_s", 0.05, 60)
        self._within("orders_s", 0.05, 3600)
        self._within("timeout_s", 0.1, 60)
        self._within("senders", 1, 64)
        self._within("smtp_port", 1, _MOST_PORT)
        self._within("health_port", 0, _MOST_PORT)
        if bool(self.smtp_host) != bool(self.mail_from):
            raise InputError("[notices] smtp_host and mail_from go together: give both or neither")
        if bool(self.smtp_user) != (self.smtp_password_file is not None):
            raise InputError("[notices] smtp_user and smtp_password_file go together")
        if self.smtp_user and not self.smtp_tls:
            raise InputError("[notices] smtp_user without smtp_tls would tell its password to all")
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise InputError(
                f"[notices] timezone is {self.timezone!r}: give an IANA name"
            ) from error

    def _within(self, name: str, least: float, most: float) -> None:
        value = getattr(self, name)
        if not least <= value <= most:
            raise InputError(f"[notices] {name} is {value}: give {least} to {most}")
