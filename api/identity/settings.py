"""The part of `[api]` that says how people show who they are."""

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from patrol.errors import InputError
from runtime.settings import setting

SECTION: Final = "api"

_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_OIDC: Final = ("oidc_issuer", "oidc_client_id", "oidc_redirect_url")


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentitySettings:
    """How long sessions last, how often one may ask, and who else vouches for people."""

    session_s: float = setting(900.0, text="seconds for which the token of a session is good")
    refresh_s: float = setting(
        43_200.0, text="seconds after a sign-in until which its session can be renewed"
    )
    proxy_address: str = setting(
        "", text="address of the proxy before it, whose X-Forwarded-For says who asks"
    )
    rate_per_s: float = setting(
        100.0, text="requests a second that one caller may make for long; 0 for no limit"
    )
    rate_burst: int = setting(500, text="requests that one caller may make at once")
    oidc_issuer: str = setting("", text="OpenID Connect: the provider's address; empty for none")
    oidc_client_id: str = setting("", text="OpenID Connect: what the provider calls this API")
    oidc_client_secret_file: Path | None = setting(
        None, text="OpenID Connect: file of the client's secret; none for a public client"
    )
    oidc_redirect_url: str = setting(
        "", text="OpenID Connect: where the provider sends people back to, /v1/oidc/callback"
    )
    oidc_links_email: bool = setting(
        False,  # noqa: FBT003 - the setting's default
        text="OpenID Connect: link whose verified e-mail address is the name of an account",
    )

    def __post_init__(self) -> None:
        for name in ("session_s", "refresh_s"):
            if not getattr(self, name) > 0:
                raise InputError(f"[api] {name} is {getattr(self, name)}: give more than 0")
        if self.rate_per_s < 0 or self.rate_burst < 1:
            raise InputError("[api] rate_per_s is 0 or more, rate_burst 1 or more")
        if self.proxy_address:
            _check_address(self.proxy_address)
        self._check_oidc()

    def _check_oidc(self) -> None:
        given = [name for name in _OIDC if getattr(self, name)]
        if given and len(given) < len(_OIDC):
            raise InputError(f"[api] {', '.join(_OIDC)} are given together or not at all")
        for name in ("oidc_issuer", "oidc_redirect_url"):
            if getattr(self, name) and not is_safe_url(getattr(self, name)):
                raise InputError(
                    f"[api] {name} is {getattr(self, name)!r}: give an https:// address "
                    "(http:// for this machine alone)"
                )


def is_safe_url(url: str) -> bool:
    """Whether `url` leads over TLS, or does not leave this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in _LOCAL))


def _check_address(address: str) -> None:
    try:
        ip_address(address)
    except ValueError:
        raise InputError(f"[api] proxy_address is {address!r}: give an IP address") from None
