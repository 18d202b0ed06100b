"""What one listener is sent: all there is at first, then what has changed, once a second."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import msgspec
import psycopg
import structlog
from starlette.responses import StreamingResponse
from starlette.types import Message, Send

from api.live.hub import Hub, Key, Reach
from api.problems import TOKEN_REQUIRED, UNAVAILABLE, ProblemError
from api.reading.accesses import Accesses
from api.reading.rows import LiveRow
from api.views import Asking

log = structlog.get_logger()

_HEARTBEAT_S: Final = 15.0
# Whoever does not take what is sent within this time is sent away.
PATIENCE_S: Final = 10.0
# A look that comes by more than this part of `look_s` too early for a listener is left out.
_EARLY: Final = 0.25
# Where the client is to begin anew: its part of what changed is no longer known here.
_NOTHING: Final = -1


class Sent(NamedTuple):
    """How far a listener has been told, and of which reach."""

    number: int
    reach: Reach | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Who listens, to what, and whether that is still permitted."""

    asking: Asking
    grid_id: str | None
    is_good: Callable[[], bool]
    digest: bytes | None
    # Last-Event-ID, as it came.
    last_id: str = ""


class PatientResponse(StreamingResponse):
    """A stream that is cut when its reader does not keep up: nothing is kept for later."""

    media_type = "text/event-stream"

    async def stream_response(self, send: Send) -> None:
        """Send the stream, each part within `PATIENCE_S`."""

        async def send_in_time(message: Message) -> None:
            async with asyncio.timeout(PATIENCE_S):
                await send(message)

        try:
            await super().stream_response(send_in_time)
        except TimeoutError:
            log.warning("api.live_cut", patience_s=PATIENCE_S)


async def stream(hub: Hub, accesses: Accesses, listener: Listener) -> AsyncIterator[bytes]:
    """Yield what `listener` may see, until that is no longer permitted or known."""
    hub.join(listener.digest)
    try:
        yield b"retry: 2000\n\n"
        async for part in _parts(hub, accesses, listener):
            yield part
    except ProblemError as error:
        yield _event("end", {"reason": error.kind.slug})
    except psycopg.Error as error:
        log.warning("api.live_broken_off", reason=type(error).__name__)
        yield _event("end", {"reason": UNAVAILABLE.slug})
    finally:
        hub.leave()


async def _parts(hub: Hub, accesses: Accesses, listener: Listener) -> AsyncIterator[bytes]:
    name = hub.name
    sent = Sent(_NOTHING, None)
    due_s = spoke_s = -hub.look_s
    while True:
        has_looked = await hub.wait(max(sent.number, 0), within_s=_HEARTBEAT_S)
        if has_looked and due_s - hub.looked_s > hub.look_s * _EARLY:
            # Who has come between two looks goes on with the next one, or would always be told
            # what is that much older.
            await hub.wait(hub.number, within_s=hub.look_s)
        await asyncio.sleep(max(0.0, due_s - time.monotonic()))
        is_known = hub.name == name and not hub.has_failed
        reason = _why_to_end(listener, is_known=is_known)
        if reason:
            yield _event("end", {"reason": reason})
            return
        now_s = time.monotonic()
        part = b""
        if has_looked:
            # Held to when looks were, not to when this one's turn came: late is late once.
            due_s = hub.look_s + (now_s if sent.reach is None else max(due_s, hub.looked_s))
            reach = replace(await hub.reach_of(listener.asking), only_grid_id=listener.grid_id)
            if sent.reach is None:
                sent = _resumed(hub, reach, listener.last_id)
            part, workers = part_of(hub, reach, sent)
            sent = Sent(hub.number, reach)
            await accesses.watch(listener.asking, "live", workers, grid_id=listener.grid_id)
        if not part and now_s - spoke_s >= _HEARTBEAT_S:
            part = b": still here\n\n"
        if part:
            spoke_s = now_s
            yield part


def _why_to_end(listener: Listener, *, is_known: bool) -> str:
    if not is_known:
        return UNAVAILABLE.slug
    return "" if listener.is_good() else TOKEN_REQUIRED.slug


def _resumed(hub: Hub, reach: Reach, last_id: str) -> Sent:
    """Return how far a listener has been told who comes again, if that is known here."""
    name, _, rest = last_id.partition(".")
    reach_name, _, number = rest.partition(".")
    if (name, reach_name) != (hub.name, reach.name) or not number.isdecimal():
        return Sent(_NOTHING, None)
    return Sent(int(number), reach)


def part_of(hub: Hub, reach: Reach, sent: Sent) -> tuple[bytes, frozenset[str]]:
    """Return the events that bring a listener up to the newest look, and who is in them.

    They are written once for all who have the same reach and were told as far.
    """
    place = (reach, sent.number if sent.reach == reach else _NOTHING)
    if place not in hub.told:
        hub.told[place] = _compose(hub, reach, sent)
    return hub.told[place]


def _compose(hub: Hub, reach: Reach, sent: Sent) -> tuple[bytes, frozenset[str]]:
    event_id = f"{hub.name}.{reach.name}.{hub.number}"
    oldest = hub.looks[0].number if hub.looks else hub.number
    # With another reach, or after too long a time, what is there now replaces all of before.
    if sent.reach != reach or not oldest - 1 <= sent.number <= hub.number:
        rows = sorted(hub.visible(reach))
        return _event("snapshot", {"positions": _told(rows)}, event_id), _workers(rows)
    rows, gone = hub.changed_since(sent.number, reach)
    parts = []
    if gone:
        parts.append(_event("gone", {"positions": _names(gone)}, event_id))
    if rows:
        parts.append(_event("changed", {"positions": _told(rows)}, event_id))
    return b"".join(parts), _workers(rows)


def _told(rows: Iterable[LiveRow]) -> list[dict[str, object]]:
    return [row._asdict() for row in rows]


def _names(keys: Sequence[Key]) -> list[dict[str, str]]:
    return [key._asdict() for key in keys]


def _workers(rows: Iterable[LiveRow]) -> frozenset[str]:
    return frozenset(row.worker_id for row in rows)


def _event(name: str, data: object, event_id: str = "") -> bytes:
    lines = f"event: {name}\n" + (f"id: {event_id}\n" if event_id else "")
    return lines.encode() + b"data: " + msgspec.json.encode(data) + b"\n\n"
