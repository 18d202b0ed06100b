"""The stream of who on duty is where: what comes, what goes, and when it ends."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import NamedTuple

import psycopg
import pytest
import uvicorn

from api.app import make_app
from api.auth import TokenFile, token_digest
from api.identity.permissions import Permission
from api.live import stream as streaming
from api.live.hub import Hub
from api.live.stream import Listener, Sent, part_of, stream
from api.reading.accesses import Accesses
from api.settings import ApiSettings
from api.views import Asking, Views
from tests.accounts import AREAS, Held, add_account
from tests.asking import asking, bearer, execute, fill

# Li is on duty in G1 and Wang in G2, now and for an hour; both were heard a moment ago.
ON_DUTY = """
delete from duty_window where start_at > now() - interval '2 h';
insert into duty_window values
    ('W1', 'G1', current_date, now() - interval '1 h', now() + interval '1 h'),
    ('W2', 'G2', current_date, now() - interval '1 h', now() + interval '1 h');
update latest_position set epoch = now() - interval '1 s', received_at = now()
 where terminal_id in ('T1', 'T2');
update assignment set valid_to = null where terminal_id = 'T1';
"""
MOVED = "update latest_position set lat_e7 = lat_e7 + 100, epoch = now() where terminal_id = '{}'"


class Event(NamedTuple):
    """One event as it came."""

    name: str
    id: str
    workers: list[str]
    data: dict


class World(NamedTuple):
    """A hub over a database in which two are on duty."""

    dsn: str
    hub: Hub
    accesses: Accesses
    tokens: dict[str, str]

    def listener(self, who: str, *roles: str, last_id: str = "", grid_id=None) -> Listener:
        """Return somebody who listens with a session."""
        digest = token_digest(self.tokens[who])
        return Listener(
            asking=Asking(reader=who, account_id=who, roles=roles),
            grid_id=grid_id,
            is_good=lambda: self.hub.is_good(digest),
            digest=digest,
            last_id=last_id,
        )

    def listen(self, listener: Listener) -> AsyncIterator[bytes]:
        return stream(self.hub, self.accesses, listener)


@pytest.fixture
def world(database: str) -> Iterator[tuple[World, asyncio.Runner]]:
    fill(database)
    execute(database, AREAS)
    execute(database, ON_DUTY)
    tokens = {
        "d2": add_account(database, "d2", Held("area_supervisor", "D2")),
        "city": add_account(database, "city", Held("area_supervisor", "C")),
        "li": add_account(database, "li", Held("worker"), worker_id="W1"),
    }
    views = Views(database, ApiSettings())
    with asyncio.Runner() as runner:
        runner.run(views.open())
        hub = Hub(views, look_s=0.05)
        yield World(database, hub, Accesses(views), tokens), runner
        runner.run(hub.close())
        runner.run(views.close())


async def next_event(parts: AsyncIterator[bytes]) -> Event:
    """Return the next event that is no heartbeat."""
    return (await next_events(parts))[0]


async def next_events(parts: AsyncIterator[bytes]) -> list[Event]:
    async with asyncio.timeout(10):
        async for part in parts:
            if b"event:" in part:
                return [_read(one) for one in part.decode().split("\n\n") if one]
    raise AssertionError("the stream has ended")


def _read(text: str) -> Event:
    fields = dict(line.split(": ", 1) for line in text.splitlines())
    data = json.loads(fields["data"])
    workers = [one["worker_id"] for one in data.get("positions", ())]
    return Event(fields["event"], fields.get("id", ""), workers, data)


def test_a_stream_begins_with_all_there_is_within_the_reach_of_the_listener(world) -> None:
    there, runner = world

    async def first(who: str, *roles: str) -> Event:
        parts = there.listen(there.listener(who, *roles))
        event = await next_event(parts)
        await parts.aclose()
        return event

    assert runner.run(first("city", "area_supervisor")).workers == ["W1", "W2"]
    assert runner.run(first("d2", "area_supervisor")).workers == ["W2"]
    assert runner.run(first("li", "worker")).workers == ["W1"]
    assert runner.run(first("city", "area_supervisor")).name == "snapshot"


def test_what_is_sent_is_written_once_for_all_with_one_reach(world) -> None:
    there, runner = world

    async def run() -> list[tuple[bytes, frozenset[str]]]:
        parts = there.listen(there.listener("city", "area_supervisor"))
        await next_event(parts)
        askings = [there.listener(who, "area_supervisor").asking for who in ("city", "city", "d2")]
        reaches = [await there.hub.reach_of(one) for one in askings]
        told = [part_of(there.hub, one, Sent(0, None)) for one in reaches]
        await parts.aclose()
        return told

    one, same, other = runner.run(run())
    assert one is same
    assert (one[1], other[1]) == ({"W1", "W2"}, {"W2"})


def test_only_what_has_changed_follows(world) -> None:
    there, runner = world

    async def run() -> Event:
        parts = there.listen(there.listener("city", "area_supervisor"))
        await next_event(parts)
        execute(there.dsn, MOVED.format("T2"))
        event = await next_event(parts)
        await parts.aclose()
        return event

    event = runner.run(run())
    assert (event.name, event.workers) == ("changed", ["W2"])


def test_who_goes_off_duty_is_gone(world) -> None:
    there, runner = world

    async def run() -> Event:
        parts = there.listen(there.listener("city", "area_supervisor"))
        await next_event(parts)
        execute(there.dsn, "update duty_window set end_at = now() where worker_id = 'W2'")
        event = await next_event(parts)
        await parts.aclose()
        return event

    event = runner.run(run())
    assert (event.name, event.workers) == ("gone", ["W2"])


def test_a_stream_is_taken_up_where_it_was_cut(world) -> None:
    there, runner = world

    async def run() -> Event:
        parts = there.listen(there.listener("city", "area_supervisor"))
        first = await next_event(parts)
        await parts.aclose()
        number = there.hub.number
        execute(there.dsn, MOVED.format("T1"))
        await there.hub.wait(number, within_s=5)
        await there.hub.wait(there.hub.number, within_s=5)
        again = there.listen(there.listener("city", "area_supervisor", last_id=first.id))
        event = await next_event(again)
        await again.aclose()
        return event

    event = runner.run(run())
    assert (event.name, event.workers) == ("changed", ["W1"])


@pytest.mark.parametrize("last_id", ["", "0.0.0", "x", "a.b.9999999999999999999", "..", "é.1.1"])
def test_with_an_id_that_is_not_known_a_stream_begins_anew(world, last_id: str) -> None:
    there, runner = world

    async def run() -> Event:
        listener = there.listener("city", "area_supervisor", last_id=last_id)
        parts = there.listen(listener)
        event = await next_event(parts)
        await parts.aclose()
        return event

    assert runner.run(run()).name == "snapshot"


@pytest.mark.parametrize(
    "harm",
    [
        "delete from bearer where account_id = 'd2'",
        "update bearer set expires_at = now() where account_id = 'd2'",
        "update account set is_active = false where account_id = 'd2'",
    ],
)
def test_a_stream_ends_with_its_session(world, harm: str) -> None:
    there, runner = world

    async def run() -> Event:
        parts = there.listen(there.listener("d2", "area_supervisor"))
        await next_event(parts)
        execute(there.dsn, harm)
        return await next_event(parts)

    event = runner.run(run())
    assert (event.name, event.data) == ("end", {"reason": "token-required"})


def test_a_role_taken_away_takes_its_positions_away(world) -> None:
    there, runner = world

    async def run() -> Event:
        parts = there.listen(there.listener("d2", "area_supervisor"))
        await next_event(parts)
        execute(there.dsn, "delete from account_role where account_id = 'd2'")
        event = await next_event(parts)
        await parts.aclose()
        return event

    event = runner.run(run())
    assert (event.name, event.workers) == ("snapshot", [])


def test_a_grid_that_moves_to_another_area_is_seen_from_there(world) -> None:
    there, runner = world

    async def run() -> Event:
        parts = there.listen(there.listener("d2", "area_supervisor"))
        await next_event(parts)
        execute(there.dsn, "update grid set area_id = 'D2' where grid_id = 'G1'")
        event = await next_event(parts)
        await parts.aclose()
        return event

    assert runner.run(run()).workers == ["W1", "W2"]


def test_who_has_watched_is_written_down_once_an_hour(world) -> None:
    there, runner = world

    async def run() -> None:
        for _ in range(2):
            parts = there.listen(there.listener("city", "area_supervisor"))
            await next_event(parts)
            execute(there.dsn, MOVED.format("T2"))
            await next_event(parts)
            await parts.aclose()

    runner.run(run())
    with psycopg.connect(there.dsn) as conn:
        rows = conn.execute("select reader, what, worker_ids, role from access_log").fetchall()
    # A test at the turn of the hour has two.
    assert set(map(str, rows)) == {"('city', 'live', ['W1', 'W2'], 'area_supervisor')"}
    assert len(rows) <= 2


def test_nothing_is_sent_that_cannot_be_written_down(world) -> None:
    there, runner = world
    execute(there.dsn, "alter table access_log rename to elsewhere")

    async def run() -> Event:
        return await next_event(there.listen(there.listener("city", "area_supervisor")))

    event = runner.run(run())
    assert (event.name, event.data) == ("end", {"reason": "unavailable"})


def test_a_database_that_stays_away_ends_the_streams(world) -> None:
    there, runner = world

    async def run() -> Event:
        parts = there.listen(there.listener("city", "area_supervisor"))
        await next_event(parts)
        execute(
            there.dsn,
            "alter table latest_position rename to elsewhere; "
            "alter view v1_latest_position rename to v1_elsewhere",
        )
        return await next_event(parts)

    event = runner.run(run())
    assert (event.name, event.data) == ("end", {"reason": "unavailable"})


def test_nobody_looks_for_nobody(world) -> None:
    there, runner = world

    async def run() -> int:
        await asyncio.sleep(0)
        return there.hub.number

    assert runner.run(run()) == 0


def test_a_reader_who_takes_nothing_is_cut(database: str, monkeypatch) -> None:
    """What is not taken is not kept: the server ends the line, and goes on serving others."""
    fill(database)
    execute(database, ON_DUTY)
    # Names so long that a few looks fill what the kernel keeps for a line.
    execute(database, "update worker set name = repeat('a', 3000000)")
    token = add_account(database, "city", Held("area_supervisor"))
    monkeypatch.setattr(streaming, "PATIENCE_S", 0.3)
    monkeypatch.setattr(streaming, "_HEARTBEAT_S", 0.1)
    app = make_app(Views(database, ApiSettings()), TokenFile(None))
    app.state.live.look_s = 0.05
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, ws="none"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        with socket.create_connection(listening.getsockname(), timeout=10) as line:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            head = f"GET /v1/live HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\r\n"
            line.sendall(head.encode())
            deadline = time.monotonic() + 20
            hub = app.state.live
            has_listened = False
            while time.monotonic() < deadline and not (has_listened and hub._listening == 0):
                has_listened = has_listened or hub._listening > 0
                time.sleep(0.01)
            left = hub._listening
        server.should_exit = True
        thread.join(10)

    assert (has_listened, left) == (True, 0)
    assert not thread.is_alive()


def test_who_may_not_read_tracks_has_no_stream(database: str) -> None:
    fill(database)
    token = add_account(database, "audit", Held("auditor"))
    with asking(database, None) as ask:
        answer = ask.ask("GET", "/v1/live", bearer(token))

    assert answer.status_code == 403
    assert Permission.READ_TRACKS.value in answer.json()["detail"]
