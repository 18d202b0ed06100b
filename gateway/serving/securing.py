"""TLS of the gateway's own ports; a connection counts from before its handshake."""

import asyncio
import ssl
from typing import cast

from gateway.serving.lines import TerminalLine
from gateway.settings import GatewaySettings
from patrol.errors import InputError

# How long the other side may take to say goodbye; what it was answered has gone out before.
_GOODBYE_S = 1.0


def tls_of(settings: GatewaySettings) -> ssl.SSLContext | None:
    """Return the server's TLS, None where it has no certificate."""
    if settings.tls_certificate is None or settings.tls_key is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(settings.tls_certificate, settings.tls_key)
    except OSError as error:
        raise InputError(
            f"[gateway] tls_certificate {settings.tls_certificate} and tls_key "
            f"{settings.tls_key} cannot be used: {error}; give a chain and its key (PEM)"
        ) from error
    return context


class Handshake(asyncio.Protocol):
    """A connection until `line` can speak over it; it holds one of the house's places already."""

    def __init__(self, line: TerminalLine, context: ssl.SSLContext, *, within_s: float) -> None:
        self._line = line
        self._context = context
        self._within_s = within_s
        self._task: asyncio.Task[None] | None = None
        self._early = bytearray()
        self._is_lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a place, and shake hands."""
        plain = cast("asyncio.Transport", transport)
        if self._line.come_in(plain):
            # Not a byte is to be taken as it is.
            plain.pause_reading()
            self._task = asyncio.get_running_loop().create_task(self._shake(plain))

    def data_received(self, data: bytes) -> None:
        """Hold what came together with the end of the handshake."""
        self._early += data

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place back, once."""
        if not self._is_lost:
            self._is_lost = True
            self._line.connection_lost(exc)

    async def _shake(self, plain: asyncio.Transport) -> None:
        try:
            secured = await asyncio.get_running_loop().start_tls(
                plain,
                self,
                self._context,
                server_side=True,
                ssl_handshake_timeout=self._within_s,
                ssl_shutdown_timeout=_GOODBYE_S,
            )
        except OSError:
            self._line.end("no_handshake")
            self.connection_lost(None)
            return
        if self._is_lost:
            return
        if secured is None or plain.is_closing():
            # It was hung up on meanwhile, and of an unfinished handshake nobody tells the end.
            self.connection_lost(None)
            return
        secured.set_protocol(self._line)
        self._line.begin(secured)
        if self._early:
            self._line.data_received(bytes(self._early))
