"""What the running agent does for workers beside tracking, and how its window hands it over."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from device.acts.asking import ask_here
from device.acts.beside import BesideSettings, load_beside, working_beside
from device.acts.here import Here, check_on_duty
from device.checkins.settings import CheckInSettings
from device.outbox import LetterKind, Outbox
from device.reports.settings import ReportSettings
from device.reports.waiting import WaitingPhotos
from patrol.errors import InputError
from patrol.messages import position_of
from patrol.notices.reports import decode_report
from tests.unit.device.pictures import AT_FIX, IN_TIME, jpeg, write
from tests.unit.device.terminal import SerialLine, fix_at, plan_of, signed, wait_until, window
from tests.unit.device.test_device_window import HOUR, NOW, ON_DUTY, Opened, opened_in, parts_in

PHOTO = jpeg(exif=AT_FIX | IN_TIME)


@pytest.fixture
def own(tmp_path) -> Iterator[Opened]:
    """Give the window of a terminal on duty."""
    with opened_in(tmp_path) as opened:
        yield opened


def upload(own: Opened, data: bytes = PHOTO) -> str:
    headers = {"X-Gridpatrol-Token": own.token, "Content-Type": "image/jpeg"}
    return own.ask("POST", "/api/photos", data, **headers)[1]["photo"]


def test_a_report_of_the_window_waits_with_its_photo(own):
    own.parts.board.note_fix(fix_at(-4))

    status, answer = own.do("report", {"category": "lamp", "text": "dark", "photos": [upload(own)]})

    (letter,) = own.letters()
    report = decode_report(letter.payload)
    assert (status, letter.kind, letter.identity) == (200, LetterKind.REPORT, answer["report_id"])
    assert (report.taken_at, report.text, answer["marks"]) == (NOW, "dark", [])
    assert report.fix is not None
    assert report.fix.epoch_ms == position_of(fix_at(-4)).epoch_ms
    assert own.see()["waiting"]["photos"] == 1
    assert not list(own.parts.settings.outbox.with_name("photos-chosen").iterdir())


@pytest.mark.parametrize(
    "change",
    [{"category": "people"}, {"category": None}, {"photos": []}, {"photos": ["x"]}, {"text": 7}],
)
def test_what_is_no_report_is_answered_with_the_reason(own, change):
    body = {"category": "lamp", "photos": [upload(own)]} | change

    status, answer = own.do("report", body)

    assert status == 422
    assert answer["error"]
    assert own.letters() == []


def test_the_window_offers_the_categories_of_the_deployment(own):
    assert own.see()["categories"][:2] == ["manhole", "lamp"]


def test_a_check_in_in_a_pause_is_refused_and_help_is_called(own):
    own.do("pause", {})

    refused = own.do("checkin", {"phase": "begin"})
    called = own.do("sos", {})

    assert (refused[0], called[0]) == (422, 200)
    assert "paused" in refused[1]["error"]
    assert [one.kind for one in own.letters()] == [LetterKind.SOS]


def test_a_command_is_told_the_moment_and_the_fix_by_the_socket_alone(own):
    own.parts.board.note_fix(fix_at(-4))

    here = ask_here(own.parts.settings)

    assert here.at == NOW
    assert here.duty.is_on_duty
    assert here.fix is not None
    assert here.fix.epoch_ms == position_of(fix_at(-4)).epoch_ms
    assert own.ask("GET", "/api/here")[0] == 404


def test_no_fix_is_told_when_duty_is_over(own):
    own.parts.board.note_fix(fix_at(-4))
    own.parts.board.forget_fix()

    assert ask_here(own.parts.settings).fix is None


@contextmanager
def beside(folder, **settings: object) -> Iterator[list[LetterKind]]:
    """Work beside tracking, on duty, and give what waits in the outbox in the end."""
    parts = parts_in(folder)
    parts.duty.take(signed(ON_DUTY))
    reports = {name: value for name, value in settings.items() if name != "tag_reader"}
    chosen = BesideSettings(
        ReportSettings(spool_settle_s=0.01, **reports),
        CheckInSettings(tag_reader=settings.get("tag_reader")),
    )
    found: list[LetterKind] = []
    with working_beside(chosen, parts):
        yield found
        with Outbox(parts.settings.outbox) as outbox:
            wait_until(lambda: outbox.read_letters(most=1))
            found += [one.kind for one in outbox.read_letters(most=10)]


def test_the_agent_takes_what_is_put_into_the_spool(tmp_path):
    spool = tmp_path / "spool"
    spool.mkdir()
    with beside(tmp_path, spool=spool, spool_category="other") as found:
        path = write(tmp_path, "a.jpg", PHOTO)
        os.utime(path, (NOW.timestamp(), NOW.timestamp()))
        path.rename(spool / "a.jpg")

    assert found == [LetterKind.REPORT]
    assert len(WaitingPhotos(tmp_path / "outbox.sqlite", most_bytes=1).names()) == 1


def test_the_agent_listens_to_the_reader_of_tags(tmp_path):
    line = SerialLine(tmp_path / "reader")
    line.plug_in()
    try:
        with beside(tmp_path, tag_reader=f"serial://{line.path}") as found:
            outbox = tmp_path / "outbox.sqlite"

            def is_heard() -> bool:
                with Outbox(outbox) as kept:
                    return bool(kept.read_letters(most=1))

            line.send_until(is_heard, iter(lambda: b"8f1c\r\n", None))
    finally:
        line.unplug()

    assert found == [LetterKind.CHECKIN]


def test_settings_are_read_from_their_sections(tmp_path):
    config = tmp_path / "device.toml"
    spool = json.dumps(str(tmp_path))
    config.write_text(f'[reports]\nspool = {spool}\n[checkins]\ntag_reader = "evdev:///dev/x"\n')

    settings = load_beside(config)

    assert (settings.reports.spool, settings.checkins.path) == (tmp_path, "/dev/x")


def test_a_plan_that_begins_later_lets_nothing_in_yet(tmp_path):
    parts = parts_in(tmp_path)
    later = plan_of(window(NOW + HOUR, NOW + 2 * HOUR))
    parts.duty.take(signed(later))
    here = Here(NOW, None, parts.duty.state(NOW))

    with pytest.raises(InputError, match="off duty"):
        check_on_duty(here, "a report")
