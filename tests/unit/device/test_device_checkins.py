"""Check-ins and calls for help: by tag, photo or statement, from a command or a reader."""

import json
import os
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from device.acts.here import Here
from device.checkins.acts import Act, call_for_help, check_in
from device.checkins.keys import KeyLines
from device.checkins.listening import Listener, Turns
from device.checkins.readers import ByteLines, opened_reader
from device.checkins.settings import CheckInSettings
from device.duty import DutyState, Reason
from device.outbox import LetterKind, Outbox, since_boot_s
from device.reports.waiting import WaitingPhotos
from patrol.errors import InputError
from patrol.ids import premises_id
from patrol.messages import position_of
from patrol.notices.checkins import CheckIn, CheckInKind, Phase, decode_checkin
from patrol.notices.events import EventKind, decode_event
from patrol.notices.reports import decode_report
from tests.unit.device.pictures import HERE, write
from tests.unit.device.terminal import (
    START,
    SerialLine,
    always_on_duty,
    fix_at,
    patrol,
    signed,
    wait_until,
    write_key,
)

KEYS = {"8": 9, "f": 33, "1": 2, "C": 46, "-": 12, "\n": 28}
SHIFT = 42


def letters(outbox: Path) -> list[tuple[LetterKind, bytes]]:
    with Outbox(outbox) as kept:
        return [(one.kind, one.payload) for one in kept.read_letters(most=10)]


def event(code: int, value: int, kind: int = 1) -> bytes:
    return struct.pack("@llHHi", 1, 2, kind, code, value)


def typed(text: str) -> bytes:
    """Return the key events of a reader that types `text`, as the kernel gives them."""
    told = b""
    for one in text:
        keys = [SHIFT, KEYS[one]] if one.isupper() else [KEYS[one]]
        told += b"".join(event(key, 1) + event(4, 0, kind=4) for key in keys)
        told += b"".join(event(key, 0) + event(0, 0, kind=0) for key in reversed(keys))
    return told


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (Act(phase=Phase.BEGIN, token=" 8f1c \n"), CheckInKind.TAG),  # noqa: S106 - of no tag
        (Act(phase=Phase.END, is_photo=True), CheckInKind.PHOTO),
        (Act(phase=Phase.NOBODY_HOME, premises_id=premises_id("P1")), CheckInKind.DECLARED),
    ],
)
def test_a_check_in_waits_with_the_last_fix(tmp_path, act, kind):
    said = check_in(HERE, act, tmp_path / "outbox")

    ((letter, payload),) = letters(tmp_path / "outbox")
    told = decode_checkin(payload)
    assert letter is LetterKind.CHECKIN
    assert (told.checkin_id, told.at, told.kind) == (said.checkin_id, HERE.at, kind)
    assert (told.phase, told.premises_id) == (act.phase, act.premises_id)
    assert told.token == ("8f1c" if act.token else None)
    assert told.fix is not None
    assert told.fix.epoch_ms == HERE.fix.epoch_ms


@pytest.mark.parametrize("reason", [one for one in Reason if one is not Reason.ON_DUTY])
def test_off_duty_a_check_in_is_refused_and_help_is_called(tmp_path, reason):
    off = DutyState(is_on_duty=False, until=None, next_start=None, is_paused=False, reason=reason)
    here = Here(START, None, off)

    with pytest.raises(InputError, match="a check-in is taken on duty alone, and"):
        check_in(here, Act(phase=Phase.BEGIN), tmp_path / "outbox")
    call_for_help(here, tmp_path / "outbox")

    ((letter, payload),) = letters(tmp_path / "outbox")
    assert letter is LetterKind.SOS
    assert decode_event(payload).kind is EventKind.SOS


@pytest.mark.parametrize("token", ["", "  ", "x" * 65, "é", "a\0b", "a\tb"])
def test_a_tag_of_something_else_is_refused(tmp_path, token):
    with pytest.raises(InputError, match="the tag holds"):
        check_in(HERE, Act(phase=Phase.BEGIN, token=token), tmp_path / "outbox")


def test_what_a_reader_types_is_read_however_it_is_cut():
    data = typed("8f1C-\n\n18\n")
    keys = KeyLines()

    assert KeyLines().receive(data) == ["8f1C-", "18"]
    assert [line for one in data for line in keys.receive(bytes([one]))] == ["8f1C-", "18"]


def test_a_key_that_is_held_counts_once_and_others_are_passed_over():
    data = event(9, 1) + event(9, 2) * 50 + event(9, 0) + event(240, 1) + event(28, 1)

    assert KeyLines().receive(data) == ["8"]


def test_a_line_without_an_end_is_dropped_and_the_next_one_read():
    keys, line = KeyLines(), ByteLines()

    assert keys.receive(typed("8" * 600 + "\n8f\n")) == ["8f"]
    assert [line.receive(b"8" * 100) for _ in range(7)] == [[]] * 7
    assert line.receive(b"\n8f\r\n\r\n") == ["8f"]


def test_a_tag_begins_a_visit_and_ends_it():
    turns, at = Turns(again_s=5), START
    said = []
    for token, later_s in [("a", 0), ("a", 2), ("a", 60), ("a", 120), ("b", 180), ("a", 240)]:
        phase = turns.next(token, at + timedelta(seconds=later_s))
        said.append(phase)
        if phase is not None:
            turns.note(token, at + timedelta(seconds=later_s), phase)

    assert said == [Phase.BEGIN, None, Phase.END, Phase.BEGIN, Phase.BEGIN, Phase.BEGIN]


def test_a_visit_that_nobody_ended_is_begun_anew_the_next_day():
    turns = Turns(again_s=5)
    turns.note("a", START, Phase.BEGIN)

    assert turns.next("a", START + timedelta(hours=7)) is Phase.BEGIN


@contextmanager
def listening(settings: CheckInSettings, outbox: Path) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=Listener(settings, outbox, lambda: HERE).run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)


def test_a_tag_held_to_a_serial_reader_is_a_check_in(tmp_path):
    line, outbox = SerialLine(tmp_path / "reader"), tmp_path / "outbox"
    line.plug_in()

    def check_ins() -> list[CheckIn]:
        return [decode_checkin(payload) for _, payload in letters(outbox)]

    try:
        with listening(CheckInSettings(tag_reader=f"serial://{line.path}"), outbox):
            line.send_until(check_ins, iter(lambda: b"\xff\xfe\r\n8f1c0e77\r\n", None))
    finally:
        line.unplug()

    (told,) = check_ins()
    assert (told.token, told.phase, told.kind) == ("8f1c0e77", Phase.BEGIN, CheckInKind.TAG)


def test_a_reader_that_is_not_there_is_said_once(tmp_path):
    settings = CheckInSettings(tag_reader=f"evdev://{tmp_path}/none")
    with capture_logs() as logged, listening(settings, tmp_path / "outbox"):
        wait_until(lambda: logged)

    assert [one["event"] for one in logged] == ["checkins.reader_unavailable"]


def test_what_does_not_type_is_no_reader(tmp_path):
    path = write(tmp_path)

    with (
        pytest.raises(InputError, match="cannot be opened"),
        opened_reader(CheckInSettings(tag_reader=f"evdev://{path}")),
    ):
        pass


@pytest.mark.parametrize(
    "settings",
    [
        {"tag_reader": "/dev/ttyUSB1"},
        {"tag_reader": "usb:///dev/ttyUSB1"},
        {"tag_reader": "serial://"},
        {"tag_baud": 1},
        {"tag_again_s": -1},
    ],
)
def test_settings_of_a_reader_that_cannot_be_are_refused(settings):
    with pytest.raises(InputError, match="tag_"):
        CheckInSettings(**settings)


@pytest.fixture
def config(tmp_path) -> Path:
    """Give the settings of a terminal on duty whose agent does not run."""
    (tmp_path / "plan").write_bytes(signed(always_on_duty()))
    device = {
        "terminal_id": "T01",
        "port": "/dev/null",
        "outbox": str(tmp_path / "outbox"),
        "plan_file": str(tmp_path / "plan"),
        "plan_key_file": str(write_key(tmp_path)),
    }
    path = tmp_path / "device.toml"
    lines = [f"{name} = {json.dumps(value)}" for name, value in device.items()]
    path.write_text("\n".join(["[device]", *lines]))
    return path


def test_a_photo_check_in_is_a_check_in_and_a_report_of_the_same_moment(config):
    photo = write(config.parent)
    done = patrol("device", "checkin", "--photo", str(photo), "--config", str(config))

    said = json.loads(done.stdout)
    checkin, report = [payload for _, payload in letters(config.parent / "outbox")]
    assert (said["kind"], said["fix_age_s"]) == ("photo", None)
    assert decode_checkin(checkin).at == decode_report(report).taken_at
    assert decode_report(report).category == "checkin"
    photos = WaitingPhotos(config.parent / "outbox", most_bytes=1)
    assert photos.names() == [decode_report(report).photos[0].sha256]


def test_a_command_refuses_with_the_reason_and_leaves_nothing(config):
    os.truncate(config.parent / "plan", 0)
    done = patrol("device", "checkin", "--tag", "8f1c", "--config", str(config))

    assert done.returncode == 65
    assert b"no plan of duty" in done.stderr
    assert letters(config.parent / "outbox") == []


def test_without_an_agent_the_newest_waiting_fix_is_the_last(config, monkeypatch):
    with Outbox(config.parent / "outbox") as outbox:
        outbox.put([position_of(fix_at(-60)), position_of(fix_at(0))], now_s=since_boot_s())
    monkeypatch.setenv("PATROL_CLOCK_ORIGIN", HERE.at.isoformat())
    monkeypatch.setenv("PATROL_CLOCK_RATE", "0")
    done = patrol("device", "sos", "--config", str(config))

    ((kind, payload),) = letters(config.parent / "outbox")
    assert kind is LetterKind.SOS
    assert decode_event(payload).fix is not None
    assert json.loads(done.stdout)["fix_age_s"] == 10.0
