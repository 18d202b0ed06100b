"""Sends one notice: to a webhook, or by mail."""

import hashlib
import re
import smtplib
import socket
import ssl
import time
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from ipaddress import ip_address
from typing import Any

import httpx

from api.notices.settings import NoticeSettings
from api.notices.signing import signed
from api.notices.words import Notice, mail_of, payload_of
from runtime.settings import read_secret

# A receiver that says this wants no more of it, ever (RFC 9110, 15.5.11).
_GONE = 410
_MOST_WORDS = 200
# A name, or an address of either kind.
_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")


class NotSentError(Exception):
    """It did not arrive; `is_final` where trying again is of no use."""

    def __init__(self, said: str, *, is_final: bool = False) -> None:
        super().__init__(said[:_MOST_WORDS])
        self.is_final = is_final


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends over one HTTP client, which is shared by threads, and a mail server."""

    settings: NoticeSettings
    client: httpx.Client

    def send(self, delivery: dict[str, Any]) -> str:
        """Return what the receiver said; NotSentError when it has not taken it."""
        notice = Notice._make(delivery[name] for name in Notice._fields)
        if delivery["channel"] == "email":
            return self._mail(notice, delivery["target"])
        return self._post(notice, delivery["target"], secret=delivery["secret"])

    def _post(self, notice: Notice, url: str, *, secret: str) -> str:
        host = check_url(url, plain_http=self.settings.plain_http)
        if not self.settings.inside:
            check_host(host, httpx.URL(url).port)
        body = payload_of(notice, self.settings.link)
        headers = signed(
            body, secret=secret, message_id=f"notice-{notice.notice_id}", at_s=int(time.time())
        )
        headers = {**headers, "content-type": "application/json"}
        try:
            # What it answers is of no interest but for the status: nobody reads on.
            with self.client.stream("POST", url, content=body, headers=headers) as answer:
                status = answer.status_code
        except httpx.HTTPError as error:
            raise NotSentError(type(error).__name__) from error
        if not httpx.codes.is_success(status):
            raise NotSentError(f"answered {status}", is_final=status == _GONE)
        return f"answered {status}"

    def _mail(self, notice: Notice, address: str) -> str:
        settings = self.settings
        if not settings.smtp_host:
            raise NotSentError("no mail server is set: give [notices] smtp_host and mail_from")
        check_mail(address)
        message = EmailMessage()
        message["Subject"], text = mail_of(notice, settings.link)
        message["From"], message["To"] = settings.mail_from, address
        # The same for every attempt, so that a mail server can tell a repeat.
        domain = settings.mail_from.rpartition("@")[2]
        whose = hashlib.sha256(address.encode()).hexdigest()[:12]
        message["Message-ID"] = f"<notice-{notice.notice_id}.{whose}@{domain}>"
        message.set_content(text)
        try:
            with smtplib.SMTP(
                settings.smtp_host, settings.smtp_port, timeout=settings.timeout_s
            ) as server:
                self._introduce(server)
                server.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            raise NotSentError(f"{type(error).__name__}: {error}") from error
        return "taken by the mail server"

    def _introduce(self, server: smtplib.SMTP) -> None:
        settings = self.settings
        if settings.smtp_tls:
            context = ssl.create_default_context(
                cafile=None if settings.smtp_ca_file is None else str(settings.smtp_ca_file)
            )
            server.starttls(context=context)
        if settings.smtp_password_file is not None:
            server.login(settings.smtp_user, read_secret(settings.smtp_password_file) or "")


def check_url(url: str, *, plain_http: bool) -> str:
    """Return the host of `url`; NotSentError unless it is one that a webhook may have."""
    allowed = ("https", "http") if plain_http else ("https",)
    try:
        parts = httpx.URL(url)
        host = parts.raw_host.decode("ascii")
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        raise NotSentError(f"a webhook's address cannot be read: {error}", is_final=True) from error
    if parts.scheme not in allowed or not _HOST.fullmatch(host) or parts.userinfo:
        raise NotSentError(
            f"a webhook's address is {' or '.join(allowed)}, with a host and without a password",
            is_final=True,
        )
    return host


def check_mail(address: str) -> None:
    """Raise NotSentError unless `address` is one receiver of mail."""
    try:
        found = Address(addr_spec=address)
    except (ValueError, IndexError, AttributeError, HeaderParseError) as error:
        raise NotSentError("give one address of mail", is_final=True) from error
    if not found.username or not found.domain or not address.isascii():
        raise NotSentError("give one address of mail", is_final=True)


def check_host(host: str, port: int | None) -> None:
    """Raise NotSentError where a name leads to an address inside: not for rules to look around in."""
    try:
        found = socket.getaddrinfo(host, port or 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotSentError("the host's name is not known") from error
    for *_, address in found:
        if not ip_address(str(address[0]).partition("%")[0]).is_global:
            raise NotSentError(
                "the host is inside: set [notices] inside to let webhooks go there", is_final=True
            )
