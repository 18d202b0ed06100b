"""Where the broker is, and who is believed to be it."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from patrol.errors import InputError
from runtime.settings import setting

SECTION = "broker"
VERSIONS = ("5", "3.1.1")
MOST_16_BITS = 65_535


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerSettings:
    """Where the broker is and how to speak with it."""

    host: str = setting("127.0.0.1", text="host name or address of the broker")
    port: int = setting(1883, text="TCP port of the broker")
    username: str | None = setting(None, text="user name; a terminal's is its terminal_id")
    password_file: Path | None = setting(None, text="file that holds the password, one line")
    tls: bool = setting(False, text="TLS with the authorities that the system trusts")  # noqa: FBT003 - a setting's default
    ca_file: Path | None = setting(None, text="TLS with the authorities in this PEM file alone")
    certificate_file: Path | None = setting(None, text="TLS with this client certificate, PEM")
    key_file: Path | None = setting(None, text="key of the client certificate, if elsewhere")
    protocol: str = setting("5", text="MQTT version: 5, or 3.1.1 for a broker without 5")
    keepalive_s: int = setting(30, text="seconds of silence after which a ping is sent")
    topic_root: str = setting("gp/1", text="first levels of every topic")

    def __post_init__(self) -> None:
        if self.protocol not in VERSIONS:
            raise InputError(f"protocol is {self.protocol!r}, not one of {', '.join(VERSIONS)}")
        for name in ("port", "keepalive_s"):
            if not 1 <= getattr(self, name) <= MOST_16_BITS:
                raise InputError(f"{name} is {getattr(self, name)}: give 1 to {MOST_16_BITS}")
        if not _can_be_host(self.host):
            raise InputError(f"host is {self.host!r}, which is no host name or address")
        if self.key_file is not None and self.certificate_file is None:
            raise InputError("key_file is set and certificate_file is not: give both or neither")

    @property
    def is_encrypted(self) -> bool:
        """Whether the line has TLS: as soon as one of its settings is there."""
        return self.tls or self.ca_file is not None or self.certificate_file is not None


def tls_context(broker: BrokerSettings) -> ssl.SSLContext | None:
    """Return how to encrypt the line, None where it is not.

    The broker's certificate and its name are verified, always. Raises InputError that names the
    file that cannot be used.
    """
    if not broker.is_encrypted:
        return None
    try:
        context = ssl.create_default_context(cafile=broker.ca_file)
    except OSError as error:
        raise InputError(
            f"ca_file {broker.ca_file} cannot be used: {_why(error)}; give certificates as PEM"
        ) from error
    if broker.certificate_file is None:
        return context
    try:
        # A key with a password would have Python ask for it at a terminal that nobody sees.
        context.load_cert_chain(broker.certificate_file, broker.key_file, password=lambda: "")
    except (OSError, ValueError) as error:
        raise InputError(
            f"certificate_file {broker.certificate_file} with key_file {broker.key_file} cannot "
            f"be used: {_why(error)}; give a certificate and its key, as PEM without a password"
        ) from error
    return context


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def _can_be_host(name: str) -> bool:
    try:
        return bool(name.encode("idna"))
    except UnicodeError:
        return False
