"""A broker that asks who is there, and certificates for it, made with the `openssl` program."""

import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from runtime.mqtt import BrokerSettings
from simulator.services import Mosquitto

_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


@dataclass(frozen=True)
class Identity:
    """A certificate and its key."""

    certificate: Path
    key: Path


class Authority:
    """Who issues certificates, each for a name."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self.certificate, self._key = folder / "ca.crt", folder / "ca.key"
        self._run("req", "-x509", *_KEY, "-keyout", self._key, "-out", self.certificate,
                  "-subj", "/CN=authority", "-days", "2")  # fmt: skip

    def issue(self, name: str, *, address: str = "127.0.0.1", days: int = 2) -> Identity:
        """Return a certificate for a name and an address; it has expired where days are fewer."""
        made = Identity(self._folder / f"{name}.crt", self._folder / f"{name}.key")
        request = self._folder / f"{name}.csr"
        self._run("req", *_KEY, "-keyout", made.key, "-out", request, "-subj", f"/CN={name}",
                  "-addext", f"subjectAltName=IP:{address}")  # fmt: skip
        self._run("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self._key,
                  "-CAcreateserial", "-copy_extensions", "copy", "-days", days,
                  "-out", made.certificate)  # fmt: skip
        return made

    def _run(self, *arguments: str | Path | int) -> None:
        command = ["openssl", *map(str, arguments)]
        subprocess.run(command, check=True, capture_output=True, timeout=20)


class GuardedMosquitto(Mosquitto):
    """A Mosquitto with TLS; with `asks`, clients are known by their certificates alone."""

    def __init__(
        self,
        folder: Path,
        identity: Identity,
        *,
        authority: Authority,
        accounts: Mapping[str, str] | None = None,
        asks: bool = False,
    ) -> None:
        super().__init__(folder, accounts=accounts)
        self.identity = identity
        self._authority = authority
        self._asks = asks

    @property
    def settings(self) -> BrokerSettings:
        """How a client reaches it that trusts its authority."""
        return replace(super().settings, ca_file=self._authority.certificate)

    def _who_may(self) -> Iterator[str]:
        yield f"certfile {self.identity.certificate}"
        yield f"keyfile {self.identity.key}"
        if self._asks:
            yield f"cafile {self._authority.certificate}"
            yield "require_certificate true"
            yield "use_identity_as_username true"
        yield from super()._who_may()
