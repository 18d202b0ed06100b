"""Reports are taken whole or not at all, from whoever hands them over."""

import errno
import hashlib
import json
import os
import stat
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from device.acts.here import Here
from device.duty import Duty, DutyState, Reason
from device.outbox import Letter, LetterKind, Outbox
from device.reports.settings import ReportSettings
from device.reports.spool import Spool
from device.reports.taking import Reporter, Told
from device.settings import DeviceSettings
from patrol.errors import InputError, StateError
from patrol.fix import epoch_ms
from patrol.notices.reports import Mark, PhotoReport, decode_report
from tests.unit.device.pictures import AT_FIX, CAMERA, HERE, IN_TIME, jpeg, write
from tests.unit.device.terminal import START, plan_of, signed, window, write_key

MINUTE = timedelta(minutes=1)
OFF_DUTY = DutyState(
    is_on_duty=False, until=None, next_start=None, is_paused=False, reason=Reason.OFF_DUTY
)


@dataclass
class Terminal:
    """A terminal that takes reports, and its spool."""

    folder: Path
    outbox: Path
    spool: Path

    def reporter(self, **settings: object) -> Reporter:
        return Reporter(ReportSettings(**settings), self.outbox)

    def report(self, *names: str, **told: object) -> PhotoReport:
        photos = [write(self.folder, name) for name in names or ("a.jpg",)]
        return self.reporter().take(HERE, Told(**{"category": "lamp", "photos": photos} | told))

    def letters(self) -> list[Letter]:
        with Outbox(self.outbox) as outbox:
            return outbox.read_letters(most=100)

    def reports(self) -> list[PhotoReport]:
        return [decode_report(one.payload) for one in self.letters()]

    def waiting(self) -> list[str]:
        return self.reporter().waiting.names()

    def duty(self) -> Duty:
        """Return duty for an hour from START."""
        settings = DeviceSettings(
            terminal_id="T01",
            port="/dev/null",
            outbox=self.outbox,
            plan_file=self.folder / "plan",
            plan_key_file=write_key(self.folder),
        )
        duty = Duty(settings)
        duty.take(signed(plan_of(window(START, START + 60 * MINUTE))))
        return duty

    def spooler(self, here: Here = HERE, **settings: object) -> Spool:
        chosen = ReportSettings(spool=self.spool, **{"spool_settle_s": 1e-9} | settings)
        return Spool(chosen, Reporter(chosen, self.outbox), duty=self.duty(), here=lambda: here)

    def put(self, name: str, data: bytes, *, at: datetime = HERE.at) -> Path:
        """Put a file into the spool as it was written at `at`."""
        path = write(self.spool, name, data)
        os.utime(path, (at.timestamp(), at.timestamp()))
        return path


@pytest.fixture
def terminal(tmp_path) -> Terminal:
    spool = tmp_path / "spool"
    spool.mkdir()
    return Terminal(tmp_path, tmp_path / "state" / "outbox.sqlite", spool)


def look_twice(spool: Spool) -> None:
    """Let it see that nothing has changed."""
    spool.look()
    spool.look()


def test_a_report_waits_with_its_photo_and_what_is_known_of_it(terminal):
    data = jpeg(exif=AT_FIX | IN_TIME | CAMERA)
    path = write(terminal.folder, "a.jpg", data)

    report = terminal.reporter().take(
        HERE, Told(category="lamp", text="the third one is dark", photos=[path])
    )

    digest = hashlib.sha256(data).hexdigest()
    (letter,) = terminal.letters()
    assert (letter.kind, letter.identity) == (LetterKind.REPORT, report.report_id)
    told = decode_report(letter.payload)
    assert (told.taken_at, told.category, told.text) == (
        HERE.at,
        "lamp",
        "the third one is dark",
    )
    assert (told.fix, told.marks) == (HERE.fix._replace(quality=1), ())
    (photo,) = told.photos
    assert (photo.sha256, photo.bytes, photo.width, photo.height) == (digest, len(data), 640, 480)
    assert photo.exif is not None
    assert photo.exif.make == "Acme"
    assert terminal.waiting() == [digest]


def test_the_photo_is_a_copy_for_its_owner_alone(terminal):
    terminal.report()
    (name,) = terminal.waiting()
    kept = terminal.outbox.parent / "photos" / name
    (terminal.folder / "a.jpg").write_bytes(b"changed afterwards")

    assert hashlib.sha256(kept.read_bytes()).hexdigest() == name
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_ids_tell_the_time_of_capture(terminal):
    number = uuid.UUID(terminal.report().report_id)

    assert (number.version, number.int >> 80) == (7, epoch_ms(HERE.at))


def test_a_report_may_name_the_thing_that_it_is_about(terminal):
    path = write(terminal.folder, "a.jpg", jpeg())

    terminal.reporter().take(HERE, Told(category="lamp", facility_id="L1", photos=[path]))

    (letter,) = terminal.letters()
    assert decode_report(letter.payload).facility_id == "L1"


def test_one_photo_in_two_reports_is_kept_once(terminal):
    first, second = terminal.report(), terminal.report()

    assert first.report_id != second.report_id
    assert len(terminal.waiting()) == 1


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b"GIF89a", "no JPEG"),
        (jpeg(filler=5000), "5000 bytes|bytes: 4000 are allowed"),
    ],
)
def test_a_photo_that_cannot_be_one_leaves_nothing_behind(terminal, data, reason):
    good = write(terminal.folder, "good.jpg")
    bad = write(terminal.folder, "bad.jpg", data)

    with pytest.raises(InputError, match=reason):
        terminal.reporter(photo_bytes=4000).take(HERE, Told(category="lamp", photos=[good, bad]))

    assert terminal.waiting() == []
    assert not list((terminal.outbox.parent / "photos").iterdir())
    assert terminal.letters() == []


def test_a_photo_of_forty_megabytes_is_taken(terminal):
    path = write(terminal.folder, "a.jpg", jpeg())
    with path.open("ab") as file:
        file.truncate(40_000_000)

    report = terminal.reporter().take(HERE, Told(category="lamp", photos=[path]))

    assert report.photos[0].bytes == 40_000_000


def test_a_pipe_and_a_missing_file_hold_nobody_up(terminal):
    os.mkfifo(terminal.folder / "pipe.jpg")

    for name, reason in (("pipe.jpg", "not a file"), ("none.jpg", "cannot be read")):
        with pytest.raises(InputError, match=reason):
            terminal.reporter().take(HERE, Told(category="lamp", photos=[terminal.folder / name]))


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"category": "people"}, "not one of manhole"),
        ({"category": "No Code"}, "category is"),
        ({"text": "x" * 501}, "500 characters"),
        ({"photos": []}, "0 photos"),
        ({"photos": [Path("a.jpg")] * 11}, "11 photos"),
    ],
)
def test_what_cannot_be_a_report_is_refused_with_the_reason(terminal, told, reason):
    with pytest.raises(InputError, match=reason):
        terminal.report(**told)

    assert terminal.waiting() == []


def test_off_duty_no_report_is_taken(terminal):
    photo = write(terminal.folder)

    with pytest.raises(InputError, match="off duty"):
        terminal.reporter().take(
            HERE._replace(duty=OFF_DUTY), Told(category="lamp", photos=[photo])
        )

    assert terminal.waiting() == []


def test_when_too_many_photos_wait_no_more_is_taken(terminal):
    terminal.report("a.jpg")
    size = len(jpeg(exif=AT_FIX | IN_TIME))
    reporter = terminal.reporter(waiting_bytes=size + 10, photo_bytes=size + 10)
    another = write(terminal.folder, "b.jpg", jpeg(filler=20))

    with pytest.raises(StateError, match="wait for the server"):
        reporter.take(HERE, Told(category="lamp", photos=[another]))

    assert len(terminal.waiting()) == 1


def test_what_the_disk_does_not_take_is_said_and_nothing_is_kept(terminal):
    photo = write(terminal.folder)
    terminal.outbox.parent.mkdir()
    (terminal.outbox.parent / "photos").write_text("in the way")

    with pytest.raises(StateError, match="cannot be kept"):
        terminal.reporter().take(HERE, Told(category="lamp", photos=[photo]))

    assert terminal.letters() == []


def test_what_the_disk_does_not_take_now_stays_in_the_spool(terminal):
    path = terminal.put("a.jpg", jpeg())
    terminal.outbox.parent.mkdir()
    (terminal.outbox.parent / "photos").write_text("in the way")
    spool = terminal.spooler(spool_category="other")
    look_twice(spool)
    is_left = path.exists()
    (terminal.outbox.parent / "photos").unlink()
    spool.look()

    assert is_left
    assert len(terminal.reports()) == 1


def test_a_photo_that_the_disk_has_spoilt_is_set_aside(terminal):
    terminal.report()
    (name,) = terminal.waiting()
    waiting = terminal.reporter().waiting
    waiting.path_of(name).write_bytes(b"other bytes")

    assert not waiting.is_whole(name)
    assert waiting.names() == []
    assert (waiting.folder / f"{name}.damaged").exists()


def test_the_spool_gives_a_report_when_its_files_are_complete(terminal):
    spool = terminal.spooler(spool_settle_s=60.0)
    photo = jpeg(exif=AT_FIX | IN_TIME)
    terminal.put("a.jpg", photo)
    terminal.put("a.json", json.dumps({"category": "road", "photos": ["a.jpg"]}).encode())
    look_twice(spool)
    unfinished = terminal.reports()
    spool._settle_s = 0.0
    spool.look()

    (report,) = terminal.reports()
    assert unfinished == []
    assert (report.category, report.taken_at, report.marks) == ("road", HERE.at, ())
    assert list(terminal.spool.iterdir()) == []


def test_what_has_not_its_name_yet_is_left_alone(terminal):
    spool = terminal.spooler(spool_category="other")
    for name in (".a.jpg", "b.jpg.part", "c.tmp", "d.jpg~"):
        terminal.put(name, jpeg())
    look_twice(spool)

    assert terminal.reports() == []
    assert len(list(terminal.spool.iterdir())) == 4


def test_a_photo_that_nothing_is_told_of_is_of_the_category_of_the_settings(terminal):
    terminal.put("a.jpg", jpeg())
    look_twice(terminal.spooler())
    before = terminal.reports()
    look_twice(terminal.spooler(spool_category="other"))

    assert before == []
    assert [one.category for one in terminal.reports()] == ["other"]


def test_a_photo_taken_off_duty_stays_where_it_is(terminal):
    path = terminal.put("a.jpg", jpeg(), at=START - MINUTE)
    spool = terminal.spooler(spool_category="other")
    with capture_logs() as logged:
        look_twice(spool)
        spool.look()

    assert terminal.reports() == []
    assert path.exists()
    assert [one["event"] for one in logged].count("reports.left_off_duty") == 1


def test_a_photo_of_duty_is_reported_after_it_too(terminal):
    terminal.put("a.jpg", jpeg(), at=START + 59 * MINUTE)
    later = Here(START + 90 * MINUTE, None, OFF_DUTY)
    look_twice(terminal.spooler(later, spool_category="other"))

    (report,) = terminal.reports()
    assert report.taken_at == START + 59 * MINUTE
    assert report.marks == (Mark.NO_EXIF, Mark.NO_FIX)


def test_a_fix_of_long_after_the_photo_is_not_its_place(terminal):
    terminal.put("a.jpg", jpeg(), at=START)
    fix = replace_time(HERE, START + 30 * MINUTE)
    look_twice(terminal.spooler(fix, spool_category="other"))

    assert [one.fix for one in terminal.reports()] == [None]


def replace_time(here: Here, at: datetime) -> Here:
    assert here.fix is not None
    return here._replace(at=at, fix=here.fix._replace(epoch_ms=epoch_ms(at)))


def test_handed_over_again_after_a_power_cut_it_is_the_same_report(terminal):
    path = terminal.put("a.jpg", jpeg())
    kept = terminal.folder / "kept.jpg"
    os.link(path, kept)
    look_twice(terminal.spooler(spool_category="other"))
    os.link(kept, path)
    look_twice(terminal.spooler(spool_category="other"))

    assert len(terminal.letters()) == 1


@pytest.mark.parametrize(
    "told",
    [
        b"{",
        b"[]",
        b'{"category":"lamp"}',
        b'{"category":"lamp","photos":["../../etc/passwd"]}',
        b'{"category":"lamp","photos":["none.jpg"]}',
        b'{"category":"people","photos":["a.jpg"]}',
        b'{"category":"lamp","photos":["a.jpg"],"text":7}',
        b'{"category":"lamp","photos":["empty.jpg"]}',
        b"[" * 70_000,
    ],
)
def test_what_cannot_be_reported_is_put_aside_and_the_next_one_comes(terminal, told):
    terminal.put("a.jpg", jpeg())
    terminal.put("empty.jpg", b"")
    terminal.put("1.json", told)
    terminal.put("b.jpg", jpeg(filler=9))
    terminal.put("2.json", b'{"category":"road","photos":["b.jpg"]}')
    look_twice(terminal.spooler())

    assert [one.category for one in terminal.reports()] == ["road"]
    assert (terminal.spool / "refused" / "1.json").exists()


def test_what_cannot_be_read_does_not_hold_up_the_others(terminal, monkeypatch):
    """Root may read everything, so that the refusal is put where the system says it."""
    terminal.put("1.json", b'{"category":"lamp","photos":["a.jpg"]}')
    terminal.put("b.jpg", jpeg())
    terminal.put("2.json", b'{"category":"road","photos":["b.jpg"]}')
    opened = Path.open

    def refuse(path, *given, **named):
        if path.name == "1.json":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return opened(path, *given, **named)

    monkeypatch.setattr(Path, "open", refuse)
    look_twice(terminal.spooler())

    assert [one.category for one in terminal.reports()] == ["road"]


def test_a_link_out_of_the_spool_is_not_followed(terminal):
    outside = write(terminal.folder, "outside.jpg")
    (terminal.spool / "a.jpg").symlink_to(outside)
    look_twice(terminal.spooler(spool_category="other"))

    assert terminal.reports() == []


def test_a_spool_that_is_not_there_is_said_once(terminal):
    terminal.spool.rmdir()
    spool = terminal.spooler()
    with capture_logs() as logged:
        look_twice(spool)

    assert [one["event"] for one in logged] == ["reports.spool_unusable"]


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"upload_url": "http://patrol.example"}, "https://"),
        ({"upload_url": "ftp://127.0.0.1"}, "https://"),
        ({"upload_url": "https://"}, "https://"),
        ({"upload_url": "https://patrol.example:99999"}, "upload_url"),
        ({"upload_url": "https://patrol.example"}, "upload_token_file"),
        ({"photo_bytes": 0}, "photo_bytes"),
        ({"waiting_bytes": 1}, "waiting_bytes"),
        ({"upload_chunk_bytes": 1}, "upload_chunk_bytes"),
        ({"spool_category": "A b"}, "category"),
        ({"categories": "lamp,,road"}, "category"),
        ({"spool_settle_s": 0}, "spool_settle_s"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, reason):
    with pytest.raises(InputError, match=reason):
        ReportSettings(**settings)


def test_times_of_photos_are_never_ahead_of_the_clock(terminal):
    terminal.put("a.jpg", jpeg(), at=datetime(2031, 1, 1, tzinfo=UTC))
    look_twice(terminal.spooler(spool_category="other"))

    assert [one.taken_at for one in terminal.reports()] == [HERE.at]


def test_a_decoded_report_is_the_one_that_was_encoded(terminal):
    report = terminal.report()
    (told,) = terminal.reports()

    assert replace(told, fix=None) == replace(report, fix=None)
