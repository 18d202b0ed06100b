"""TLS before a broker that has none, as a terminal meets its broker in the field."""

import asyncio
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from patrol.errors import StateError

_LOOPBACK = "127.0.0.1"
_PIECE_BYTES = 1 << 16
_MAKE = (
    *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
    *("-nodes", "-subj", "/CN=broker", "-addext", f"subjectAltName=IP:{_LOOPBACK}", "-days", "2"),
)


class Guarded(NamedTuple):
    """Where TLS is spoken, and the certificate by which it is verified."""

    port: int
    certificate: Path


@contextmanager
def guarded(port: int, folder: Path) -> Iterator[Guarded]:
    """Speak TLS for whoever listens on `port` of this machine; StateError without `openssl`."""
    folder.mkdir(parents=True, exist_ok=True)
    certificate, key = folder / "broker.crt", folder / "broker.key"
    try:
        made = [*_MAKE, "-keyout", str(key), "-out", str(certificate)]
        subprocess.run(made, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise StateError(f"no certificate can be made: {error}") from error
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(_listen(port, context))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield Guarded(server.sockets[0].getsockname()[1], certificate)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        if left:
            loop.run_until_complete(asyncio.wait(left))
        # What was aborted is closed in the next turn.
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


async def _listen(port: int, context: ssl.SSLContext) -> asyncio.Server:
    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(_LOOPBACK, port)
        try:
            await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))
        except asyncio.CancelledError:
            # It is the end: whoever made the server would print a task that was cancelled.
            pass
        finally:
            for one in (writer, far_writer):
                one.transport.abort()

    return await asyncio.start_server(pass_on, _LOOPBACK, 0, ssl=context)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(_PIECE_BYTES):
            writer.write(data)
            await writer.drain()
    writer.close()
