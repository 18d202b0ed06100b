"""Telling systemd that the agent is there, and that its parts go round.

Source of the protocol: sd_notify(3) and sd_watchdog_enabled(3).
"""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import structlog

log = structlog.get_logger()

# systemd advises half of the limit; a third bears a late turn.
_TURNS = 3


@contextmanager
def watched(
    turned_s: Callable[[], float], environment: Mapping[str, str] = os.environ
) -> Iterator[None]:
    """Say that the agent is ready, that it lives while the block lasts, and that it stops.

    `turned_s()` is the monotonic time of the last turn of the part that has had none for longest:
    a part that stands for longer than systemd's limit is no longer vouched for, and systemd
    starts the agent anew. Without systemd nothing is said.
    """
    address = environment.get("NOTIFY_SOCKET")
    if not address:
        yield
        return
    closing = threading.Event()
    limit_s = _limit_s(environment)
    if limit_s is not None:
        vouch = threading.Thread(
            target=_vouch,
            args=(address,),
            kwargs={"limit_s": limit_s, "turned_s": turned_s, "closing": closing},
            daemon=True,
        )
        vouch.start()
    _say(address, "READY=1")
    try:
        yield
    finally:
        closing.set()
        _say(address, "STOPPING=1")


def _limit_s(environment: Mapping[str, str]) -> float | None:
    """Return systemd's limit, None where it watches nobody or another process."""
    if environment.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    text = environment.get("WATCHDOG_USEC", "")
    return int(text) / 1e6 if text.isascii() and text.isdecimal() and int(text) else None


def _vouch(
    address: str, *, limit_s: float, turned_s: Callable[[], float], closing: threading.Event
) -> None:
    is_standing = False
    while not closing.is_set():
        stands_s = time.monotonic() - turned_s()
        if stands_s <= limit_s:
            _say(address, "WATCHDOG=1")
            is_standing = False
        elif not is_standing:
            is_standing = True
            log.error("agent.stands", stands_s=round(stands_s), limit_s=limit_s)
        closing.wait(limit_s / _TURNS)


def _say(address: str, words: str) -> None:
    # A name in the abstract namespace is written with @ in front.
    path = f"\0{address[1:]}" if address.startswith("@") else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        try:
            line.sendto(words.encode(), path)
        except OSError as error:
            log.warning("agent.systemd_unreachable", reason=error.strerror)
