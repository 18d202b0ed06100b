"""The sender on a real broker: what goes first, and that nothing is lost on a bad line."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from device.outbox import Letter, LetterKind, Limits, Outbox, count_at, since_boot_s
from device.sending import Calls, Sender
from device.settings import DeviceSettings
from patrol.fix import epoch_ms
from patrol.messages import Flag, Position
from patrol.notices.checkins import CheckIn, CheckInKind, Phase, encode_checkin
from patrol.notices.events import EventKind, TerminalEvent, encode_event
from patrol.topics import Kind
from runtime.lines import LineState
from runtime.mqtt import BrokerSettings
from runtime.uuids import uuid7
from simulator.chaos.lines import Far, Line, Loop
from simulator.services import Mosquitto
from tests.unit.device.server import TERMINAL, Server
from tests.unit.device.terminal import START, wait_until

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> DeviceSettings:
    return DeviceSettings(
        terminal_id=TERMINAL,
        port="/dev/null",
        outbox=tmp_path / "outbox.sqlite",
        batch_age_s=0.5,
        resend_s=1.0,
        status_s=0.5,
    )


@pytest.fixture
def server(broker: Mosquitto) -> Iterator[Server]:
    made = Server(broker.settings)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def outbox(settings: DeviceSettings) -> Iterator[Outbox]:
    with Outbox(settings.outbox) as opened:
        yield opened


@contextmanager
def sending(
    settings: DeviceSettings, broker: BrokerSettings, *, calls: Calls | None = None
) -> Iterator[Sender]:
    """Let a sender send until the block ends."""
    sender, closing = Sender(settings, broker, calls=calls), threading.Event()
    thread = threading.Thread(target=sender.run, args=(closing,), daemon=True)
    with pytest.MonkeyPatch.context() as patch:
        # Nobody is left who would answer.
        patch.setattr("device.sending.sender._CLOSING_S", 0.1)
        thread.start()
        try:
            yield sender
        finally:
            closing.set()
            thread.join(timeout=10)


def put(outbox: Outbox, first: int, last: int) -> None:
    """Keep a fix a second, long ago."""
    start_ms = epoch_ms(START)
    fixes = [
        Position(start_ms + 1000 * second, second, second) for second in range(first, last + 1)
    ]
    outbox.put(fixes, now_s=since_boot_s() - 10_000)


def all_stored(settings: DeviceSettings) -> Callable[[], bool]:
    def is_so() -> bool:
        count = count_at(settings.outbox)
        return count.waiting == 0 and count.letters == 0

    return is_so


def put_letters(outbox: Outbox) -> dict[str, str]:
    """Keep one letter of each kind, the least urgent first, and return their ids by kind."""
    ids = {kind: uuid7() for kind in ("antenna", "checkin", "sos")}
    event = TerminalEvent(event_id=ids["antenna"], at=NOW, kind=EventKind.ANTENNA)
    outbox.put_letter(Kind.EVENT, event.event_id, encode_event(event))
    checkin = CheckIn(
        checkin_id=ids["checkin"], at=NOW, kind=CheckInKind.DECLARED, phase=Phase.BEGIN
    )
    outbox.put_letter(LetterKind.CHECKIN, checkin.checkin_id, encode_checkin(checkin))
    sos = replace(event, event_id=ids["sos"], kind=EventKind.SOS)
    outbox.put_letter(LetterKind.SOS, sos.event_id, encode_event(sos))
    return ids


def test_what_cannot_wait_goes_first_and_the_backlog_last(
    settings: DeviceSettings, broker: Mosquitto, server: Server, outbox: Outbox
) -> None:
    put(outbox, 1, 3000)
    ids = put_letters(outbox)
    with sending(settings, broker.settings):
        server.serve_until(all_stored(settings))

    assert server.order[:5] == [
        (Kind.EVENT, ids["sos"]),
        (Kind.CHECKIN, ids["checkin"]),
        (Kind.EVENT, ids["antenna"]),
        (Kind.POSITION, 3000),
        (Kind.POSITION, 1),
    ]
    assert server.seconds == set(range(1, 3001))


def test_a_backlog_goes_in_large_batches_and_the_oldest_first(
    settings: DeviceSettings, broker: Mosquitto, server: Server, outbox: Outbox
) -> None:
    # More than the window holds of batches that still grow.
    put(outbox, 1, 12_000)
    with sending(settings, broker.settings):
        server.serve_until(all_stored(settings))

    backlog = [batch.seq for batch in server.batches[1:]]
    assert backlog == sorted(backlog)
    assert max(len(batch.positions) for batch in server.batches) == 500
    assert all(one.flags & Flag.LATE for batch in server.batches for one in batch.positions)


def test_a_letter_that_another_process_wrote_is_sent_while_a_backlog_waits(
    settings: DeviceSettings, broker: Mosquitto, server: Server, outbox: Outbox
) -> None:
    server.silent = True
    put(outbox, 1, 3000)
    with sending(settings, broker.settings):
        server.serve_until(lambda: len(server.batches) >= 2)
        ids = put_letters(outbox)
        server.serve_until(lambda: (Kind.EVENT, ids["sos"]) in server.order)

    assert len(server.batches) <= 4


def test_a_letter_goes_again_until_it_is_stored(
    settings: DeviceSettings, broker: Mosquitto, server: Server, outbox: Outbox
) -> None:
    server.silent = True
    sos = (Kind.EVENT, put_letters(outbox)["sos"])
    with sending(settings, broker.settings):
        server.serve_until(lambda: server.order.count(sos) >= 2)
        waiting = outbox.count().letters
        server.silent = False
        server.serve_until(all_stored(settings))

    assert waiting == 3


def test_everything_arrives_over_a_line_that_dies_again_and_again(
    settings: DeviceSettings, broker: Mosquitto, server: Server, outbox: Outbox
) -> None:
    loop = Loop()
    line = Line(Far("127.0.0.1", broker.port))
    line.start(loop)
    put(outbox, 1, 4000)
    put_letters(outbox)
    with sending(settings, replace(broker.settings, port=line.port)) as sender:
        for cut in range(1, 5):
            before = len(server.batches)
            server.serve_until(lambda n=before: len(server.batches) > n)  # type: ignore[misc]  # bound now
            line.cut()
            line.mend(forgets=True)
            put(outbox, 4000 + cut, 4000 + cut)
        server.serve_until(all_stored(settings), within_s=60)
        assert sender.state.line.state is LineState.CONNECTED
    loop.stop()

    assert server.seconds == set(range(1, 4005))


def test_fixes_that_were_thinned_arrive_in_large_batches_with_what_was_said_of_them(
    settings: DeviceSettings, broker: Mosquitto, server: Server
) -> None:
    with Outbox(settings.outbox, limits=Limits(fixes=2000)) as small:
        for first in range(1, 6000, 500):
            put(small, first, first + 499)
        thinned = small.count().thinned
    with sending(settings, broker.settings):
        server.serve_until(all_stored(settings))

    said = [one for one in server.order if one[0] is Kind.EVENT]
    assert thinned >= 4000
    assert len(server.seconds) == 6000 - thinned
    assert len(said) > 0
    assert len(server.batches) < 80


def test_a_status_says_what_was_thinned(
    settings: DeviceSettings, broker: Mosquitto, server: Server
) -> None:
    with Outbox(settings.outbox, limits=Limits(fixes=2000)) as small:
        put(small, 1, 2100)
        thinned = small.count().thinned
    with sending(settings, broker.settings):
        server.serve_until(lambda: any(one.waiting == 0 for one in server.statuses))

    assert {one.thinned for one in server.statuses if one.written} == {thinned}


def test_the_state_says_when_the_server_last_stored_anything(
    settings: DeviceSettings, broker: Mosquitto, server: Server, outbox: Outbox
) -> None:
    put(outbox, 1, 3)
    sender = Sender(settings, broker.settings)
    before = sender.state.stored_ago_s
    with sending(settings, broker.settings) as sender:
        server.serve_until(all_stored(settings))
        wait_until(lambda: sender.state.stored_ago_s is not None)

        assert before is None
        assert (sender.state.stored_ago_s or 0) < 10


def test_a_call_that_the_disk_did_not_take_is_sent(
    settings: DeviceSettings, broker: Mosquitto, server: Server, outbox: Outbox
) -> None:
    event = TerminalEvent(event_id=uuid7(), at=NOW, kind=EventKind.SOS)
    calls = Calls()
    calls.hold(Letter(LetterKind.SOS, event.event_id, encode_event(event)))
    with pytest.MonkeyPatch.context() as patch:
        # As if the disk went on taking nothing.
        patch.setattr(calls, "keep", lambda _outbox: None)
        with sending(settings, broker.settings, calls=calls):
            server.serve_until(lambda: server.order and not calls.waiting())

    assert server.order == [(Kind.EVENT, event.event_id)]
    assert outbox.read_letters(most=1) == []
