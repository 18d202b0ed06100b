"""What the gateway can be told: where it listens, whom it knows, and where it keeps custody."""

from dataclasses import dataclass
from pathlib import Path

from patrol.errors import InputError
from runtime.settings import setting
from runtime.uploads.server import Destination

SECTION = "gateway"
# Where phones publish: the settings of a broker under another name.
PHONES_SECTION = "owntracks_broker"

_MOST_PORT = 65_535
_DAY_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySettings:
    """Ports of the protocols (0 is none), limits of lines, the register and the spool."""

    terminals: Path = setting(text="register of the terminals that may speak (CSV)")
    spool: Path = setting(
        Path("/var/lib/gridpatrol/gateway.sqlite"), text="file that holds what came until stored"
    )
    client_id: str = setting("patrol-gateway", text="MQTT client id")
    host: str = setting("127.0.0.1", text="address to listen on")
    jt808_port: int = setting(0, text="TCP port of JT/T 808; 0 is none")
    gt06_port: int = setting(0, text="TCP port of GT06; 0 is none")
    nmea_port: int = setting(0, text="TCP port of NMEA; 0 is none")
    nmea_udp_port: int = setting(0, text="UDP port of NMEA; 0 is none")
    osmand_port: int = setting(0, text="HTTP port of OsmAnd and Traccar Client; 0 is none")
    owntracks_port: int = setting(0, text="HTTP port of OwnTracks; 0 is none")
    owntracks_base: str | None = setting(
        None, text="first levels of OwnTracks' topics at [owntracks_broker]; without it none"
    )
    tls_certificate: Path | None = setting(
        None, text="certificate chain (PEM): TLS on all TCP ports"
    )
    tls_key: Path | None = setting(None, text="private key of the certificate (PEM)")
    most_lines: int = setting(12_000, text="connections at once")
    most_lines_of_address: int = setting(2_000, text="connections at once from one address")
    login_s: float = setting(60.0, text="seconds until a terminal must have said who it is")
    idle_s: float = setting(900.0, text="seconds of silence after which a line is closed")
    unread_s: float = setting(30.0, text="seconds until a terminal must have taken its answers")
    unfinished_most_mb: int = setting(64, text="requests that are not whole yet, together, MiB")
    resend_s: float = setting(300.0, text="seconds without `stored` until all is sent again")
    window_fixes: int = setting(50_000, text="fixes sent and not yet reported stored, at most")
    spool_most_mb: int = setting(4_096, text="size of the spool at which terminals must wait, MiB")
    photos_most_mb: int = setting(2_048, text="size of the photos that wait at most, MiB")
    photo_url: str | None = setting(
        None, text="where the API is, https://patrol.example; without it photos wait"
    )
    photo_token_file: Path | None = setting(
        None, text="file that holds this gateway's token of the API"
    )
    photo_ca_file: Path | None = setting(
        None, text="certificates by which the API is verified, if not those of the system"
    )
    health_port: int = setting(0, text="port of 127.0.0.1 where it tells how it is; 0 is none")

    def __post_init__(self) -> None:
        for name in self.port_names():
            self._within(name, 0, _MOST_PORT)
        self._within("health_port", 0, _MOST_PORT)
        for name in ("most_lines", "most_lines_of_address", "window_fixes"):
            self._within(name, 1, 10_000_000)
        for name in ("spool_most_mb", "photos_most_mb", "unfinished_most_mb"):
            self._within(name, 1, 10_000_000)
        for name in ("login_s", "idle_s", "unread_s", "resend_s"):
            self._within(name, 1, _DAY_S)
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise InputError("tls_certificate and tls_key go together: give both or neither")
        if self.photo_destination is not None:
            self.photo_destination.check()

    @property
    def photo_destination(self) -> Destination | None:
        """Where photos go, None where they wait."""
        if self.photo_url is None:
            return None
        return Destination(
            self.photo_url,
            self.photo_token_file,
            self.photo_ca_file,
            named="[gateway] photo",
            for_terminals=True,
        )

    @staticmethod
    def port_names() -> tuple[str, ...]:
        """Return the names of the settings that are ports of terminals."""
        return (
            "jt808_port",
            "gt06_port",
            "nmea_port",
            "nmea_udp_port",
            "osmand_port",
            "owntracks_port",
        )

    def _within(self, name: str, least: float, most: float) -> None:
        value = getattr(self, name)
        if not least <= value <= most:
            raise InputError(f"{name} is {value}: give {least} to {most}")
