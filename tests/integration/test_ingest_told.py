"""Photo reports and events in a real PostgreSQL: stored once, told as stored, place on duty only."""

import psycopg
import pytest

from ingest.operations.status import _add_losses
from ingest.receipts import Pile
from patrol.fix import epoch_ms
from patrol.messages import Position, Stored
from patrol.notices.events import EventKind, TerminalEvent, encode_event
from patrol.notices.reports import Exif, Mark, MediaType, Photo, PhotoReport, encode_report
from runtime.mqtt import Message
from runtime.registers.load import load
from tests.district import (
    NOW,
    SHANGHAI,
    count,
    letters,
    positions,
    rows,
    store,
    write_registers,
)
from tests.makers import at, walk

PHOTO = Photo(
    sha256="ab" * 32,
    bytes=300_000,
    media_type=MediaType.JPEG,
    width=1920,
    height=1080,
    exif=Exif(taken_at=at(595), make="Cam"),
)
# The small district's duty begins at 0; a day later nobody is on duty.
ON_DUTY = Position(epoch_ms(at(597)), 306_600_000, 1_040_600_000, accuracy_dm=48)
OFF_DUTY = Position(epoch_ms(at(-40_000)), 306_600_000, 1_040_600_000)


@pytest.fixture
def district(database, tmp_path):
    """Return the DSN of a database with the small district."""
    load(database, write_registers(tmp_path), zone=SHANGHAI)
    return database


def report(number: int, at_s: float = 600, **changed) -> PhotoReport:
    values = {"photos": (PHOTO,), "text": "lamp 12 is dark", "fix": ON_DUTY, **changed}
    return PhotoReport(
        report_id=f"019aa9f2-6c1e-7d3a-9b52-{number:012x}",
        taken_at=at(at_s),
        category="lamp.dark",
        **values,
    )


def event(number: int, kind: str, at_s: float = 600, **changed) -> TerminalEvent:
    return TerminalEvent(
        event_id=f"019aa9f2-6c1e-7d3a-9b52-{number:012x}",
        at=at(at_s),
        kind=EventKind(kind),
        **changed,
    )


def send(dsn: str, *matters: PhotoReport | TerminalEvent, terminal: str = "T01"):
    return store(
        dsn,
        [
            Message(f"gp/1/{terminal}/report", encode_report(one), mid=1, connection=1)
            if isinstance(one, PhotoReport)
            else Message(f"gp/1/{terminal}/event", encode_event(one), mid=1, connection=1)
            for one in matters
        ],
    )


def read_losses(dsn: str) -> tuple[int, int, int]:
    """Return how many numbers were heard, miss, and were given up."""
    with psycopg.connect(dsn, autocommit=True) as conn:
        losses = _add_losses(conn)
    return losses.heard, losses.missing, losses.thinned


def told_of(written):
    pile = Pile()
    pile.add(written.receipts)
    return pile.take(now_s=0.0)


def test_a_report_is_stored_once_with_its_photos_and_may_be_forgotten_each_time(district):
    one = report(1)
    first, again = send(district, one), send(district, one, one)

    told = [("T01", Stored(ids=(one.report_id,)))]
    assert (told_of(first), told_of(again)) == (told, told)
    assert (count(district, "photo_report"), count(district, "report_photo")) == (1, 1)


def test_what_a_report_says_is_kept_as_it_was_said(district):
    send(district, report(1, marks=(Mark.EXIF_TIME_DIFFERS,)))

    assert rows(
        district,
        "select taken_at, category, about, marks, fix_lat_e7, fix_accuracy_dm from photo_report",
    ) == [(at(600), "lamp.dark", "lamp 12 is dark", ["exif_time_differs"], 306_600_000, 48)]
    assert rows(district, "select bytes, media_type, width, exif from report_photo") == [
        (300_000, "image/jpeg", 1920, {"taken_at": epoch_ms(at(595)), "make": "Cam"})
    ]
    assert rows(district, "select terminal_id, sha256, bytes from v1_report_photos") == [
        ("T01", PHOTO.sha256, 300_000)
    ]


def test_an_event_is_stored_once_with_its_detail(district):
    one = event(1, "thinned", detail={"thinned": 40, "outbox": "5f0c2a9e"})
    send(district, one, one)

    assert rows(district, "select kind, at, detail from terminal_event") == [
        ("thinned", at(600), {"thinned": 40, "outbox": "5f0c2a9e"})
    ]


def test_numbers_that_a_terminal_gave_up_by_rule_are_not_missing(district):
    fixes = positions(walk([(0, 0, 0), (890, 0, 0)]))
    batches = letters(fixes, at_once=10)
    gave_up = event(1, "thinned", detail={"outbox": "a", "first": 11, "last": 20, "thinned": 10})
    store(district, [*batches[:1], *batches[2:3], *batches[5:]])
    assert read_losses(district) == (60, 30, 0)

    send(district, gave_up, gave_up)
    assert read_losses(district) == (60, 20, 10)


def test_where_the_terminal_was_off_duty_is_not_kept_but_for_a_call_for_help(district):
    send(
        district,
        report(1, fix=OFF_DUTY),
        event(2, "antenna", fix=OFF_DUTY),
        event(3, "sos", fix=OFF_DUTY),
    )

    assert rows(district, "select fix_epoch from photo_report") == [(None,)]
    assert rows(district, "select kind, fix_lat_e7 from terminal_event order by kind") == [
        ("antenna", None),
        ("sos", 306_600_000),
    ]


@pytest.mark.parametrize("ahead_s", [700, 86_400])
def test_what_is_told_of_the_future_is_put_aside_and_may_be_forgotten(district, ahead_s):
    future_s = (NOW - at(0)).total_seconds() + ahead_s
    written = send(district, report(1, future_s, fix=None), event(2, "sos", future_s))

    assert count(district, "photo_report") + count(district, "terminal_event") == 0
    assert rows(district, "select distinct code from quarantine") == [("from_the_future",)]
    assert len(told_of(written)[0][1].ids) == 2


def test_what_unknown_terminals_tell_is_put_aside(district):
    send(district, report(1), event(2, "sos"), terminal="T99")

    assert rows(district, "select code, count(*) from quarantine group by code") == [
        ("unknown_terminal", 2)
    ]


def test_nobody_else_speaks_on_the_topics_of_the_server(district):
    written = store(
        district,
        [Message(f"gp/1/T01/{kind}", b'{"v":1}', mid=1, connection=1) for kind in ("duty", "day")],
    )

    assert [one.code for one in written.refusals] == ["wrong_topic"] * 2
