"""A disk that takes nothing: it is said, and a call for help goes out all the same."""

from contextlib import closing
from pathlib import Path

import pytest

from device.acts.here import Here
from device.checkins.acts import call_for_help
from device.doctor.agent import ask_agent
from device.duty import DutyState, Reason
from device.outbox import LetterKind, Outbox, mend
from device.outbox.files import suspicion_of
from device.recording import Recorder
from device.sampling import Sampler
from device.sending import Calls
from device.window.serving import Window
from patrol.errors import StateError
from patrol.notices.events import Cause
from patrol.notices.plans import Pace
from tests.unit.device.terminal import START, fix_at
from tests.unit.device.test_device_window import parts_in

OFF_DUTY = DutyState(
    is_on_duty=False, until=None, next_start=None, is_paused=False, reason=Reason.OFF_DUTY
)
HERE = Here(START, None, OFF_DUTY)


def test_a_disk_that_refuses_even_to_delete_does_not_stop_mending(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite"
    Outbox(path).close()
    # Deleting a folder as a file fails, as anything does where a disk can only be read.
    suspicion_of(path).mkdir()

    assert mend(path, now=START) is None


def test_whoever_records_knows_why_the_disk_takes_nothing(tmp_path: Path) -> None:
    with closing(Outbox(tmp_path / "outbox.sqlite")) as outbox:
        recorder = Recorder(outbox, Sampler(Pace(1, 1, 1)))
        outbox._connection.execute("pragma max_page_count = 1")
        second = 0
        while recorder.trouble is None:
            recorder.record([fix_at(second)])
            second += 1
        told = recorder.trouble
        outbox._connection.execute("pragma max_page_count = 4294967294")
        recorder.record([fix_at(second)])

        assert (told, recorder.trouble) == (Cause.FULL, None)


def test_a_call_that_the_disk_does_not_take_is_held_until_it_does(tmp_path: Path) -> None:
    path, calls = tmp_path / "outbox.sqlite", Calls()
    path.write_bytes(b"no database" * 1000)
    event = call_for_help(HERE, path, hold=calls.hold)
    held = [one.identity for one in calls.waiting()]
    path.unlink()
    with Outbox(path) as outbox:
        calls.keep(outbox)

        assert [(one.kind, one.identity) for one in outbox.read_letters(most=9)] == [
            (LetterKind.SOS, event.event_id)
        ]
    assert (held, calls.waiting()) == ([event.event_id], [])


def test_while_the_disk_takes_nothing_a_call_stays_held(tmp_path: Path) -> None:
    path, calls = tmp_path / "broken.sqlite", Calls()
    path.write_bytes(b"no database" * 1000)
    call_for_help(HERE, path, hold=calls.hold)
    with Outbox(tmp_path / "outbox.sqlite") as outbox:
        outbox._connection.execute("pragma query_only = 1")
        calls.keep(outbox)

    assert len(calls.waiting()) == 1


def test_without_anybody_to_hold_it_a_call_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite"
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(StateError, match="damaged"):
        call_for_help(HERE, path)


def test_the_running_agent_holds_what_a_command_or_the_page_calls(tmp_path: Path) -> None:
    parts = parts_in(tmp_path)
    window = Window(parts)
    window.open()
    try:
        parts.settings.outbox.write_bytes(b"no database" * 1000)
        said = ask_agent(parts.settings.outbox, path="/api/sos", body={})
    finally:
        window.close()

    assert said == {"event_id": parts.board.calls.waiting()[0].identity}
