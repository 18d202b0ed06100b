"""Photos that lie beside the spool are brought to the API, beside everything else."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from gateway.custody.photos import PhotoFolder
from gateway.metrics import GatewayMetrics
from gateway.settings import GatewaySettings
from runtime.uploads.bringing import Bringing
from runtime.uploads.server import Server

log = structlog.get_logger()

_LOOK_S = 1.0
_AGAIN_S = 60.0
_GOODBYE_S = 0.5


@contextmanager
def bringing_photos(settings: GatewaySettings, metrics: GatewayMetrics) -> Iterator[None]:
    """Bring photos in a thread of its own until the block ends; without `photo_url` they wait.

    Raises InputError when the token or the certificates cannot be read.
    """
    folder = PhotoFolder(settings.spool, most_bytes=settings.photos_most_mb << 20)
    metrics.watch("photos", "photos not yet with the server", lambda: len(folder.names()))
    destination = settings.photo_destination
    if destination is None:
        yield
        return
    # What cannot be used is to be heard of at the start, not with the first photo.
    Server(destination).close()
    stop = threading.Event()
    work = Bringing(folder, destination, room="gateway")
    thread = threading.Thread(target=_go_on, args=(work, folder, stop), name="photos", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        # One that waits for a slow server is cut off; the next start goes on there.
        thread.join(_GOODBYE_S)


def _go_on(work: Bringing, folder: PhotoFolder, stop: threading.Event) -> None:
    """Work until told to stop; a fault here is not to end the answers to terminals."""
    while not stop.is_set():
        try:
            folder.clear_parts()
            while not stop.is_set():
                work.bring(stop)
                stop.wait(_LOOK_S)
        except Exception:
            log.exception("gateway.photos_failed", again_s=_AGAIN_S)
            stop.wait(_AGAIN_S)
