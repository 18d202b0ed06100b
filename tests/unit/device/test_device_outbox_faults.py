"""The outbox when power, disk or file fail: what was kept is there, or it is said loudly."""

import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from device.outbox import LetterKind, Outbox, OutboxDamagedError, OutboxFullError, count_at, mend
from patrol.errors import InputError
from patrol.messages import Position
from patrol.notices.events import Cause, EventKind, decode_event
from patrol.topics import Kind

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
START_MS = 1_772_424_000_000
FRAME_BYTES = 4096 + 24
WAL_HEADER_BYTES = 32


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.sqlite"


@pytest.fixture
def outbox(path: Path) -> Iterator[Outbox]:
    with Outbox(path) as opened:
        yield opened


def fixes(first: int, last: int) -> list[Position]:
    return [Position(START_MS + number, number, number) for number in range(first, last + 1)]


def epochs(outbox: Outbox) -> list[int]:
    rows = outbox._connection.execute("select epoch_ms from position order by seq")
    return [row[0] - START_MS for row in rows]


def is_sound(outbox: Outbox) -> bool:
    """Return whether the counters are those of the rows, which are the first that were put."""
    kept, count = epochs(outbox), outbox.count()
    return kept == list(range(1, len(kept) + 1)) and count.waiting == count.written == len(kept)


def wal_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def test_power_may_fail_at_any_write(outbox: Outbox, path: Path, tmp_path: Path) -> None:
    """The log of changes ends anywhere: every call is there whole, or not at all."""
    for call in range(12):
        outbox.put(fixes(3 * call + 1, 3 * call + 3), now_s=1.0)
    log = wal_of(path).read_bytes()
    ends = [
        WAL_HEADER_BYTES + FRAME_BYTES * frame + shift
        for frame in range((len(log) - WAL_HEADER_BYTES) // FRAME_BYTES + 1)
        for shift in (-1, 0, 1500)
    ]
    kept = []
    for end in ends:
        copy = tmp_path / f"cut-{end}"
        shutil.copyfile(path, copy)
        wal_of(copy).write_bytes(log[:end])
        with Outbox(copy) as found:
            assert is_sound(found)
            kept.append(found.count().waiting)

    assert kept == sorted(kept)
    assert set(kept) == set(range(0, 37, 3))


def test_a_torn_write_at_the_end_of_the_log_costs_that_call_alone(
    outbox: Outbox, path: Path, tmp_path: Path
) -> None:
    outbox.put(fixes(1, 3), now_s=1.0)
    before = wal_of(path).stat().st_size
    outbox.put(fixes(4, 6), now_s=1.0)
    log = bytearray(wal_of(path).read_bytes())
    log[before + 100 : before + 400] = random.Random(3).randbytes(300)  # noqa: S311 - noise
    shutil.copyfile(path, tmp_path / "torn")
    wal_of(tmp_path / "torn").write_bytes(log)

    with Outbox(tmp_path / "torn") as found:
        assert epochs(found) == [1, 2, 3]


def test_power_may_fail_while_the_log_is_carried_into_the_file(
    outbox: Outbox, path: Path, tmp_path: Path
) -> None:
    """Any number of pages has come into the file; the log is still there."""
    for call in range(40):
        outbox.put(fixes(10 * call + 1, 10 * call + 10), now_s=1.0)
    before, log = path.read_bytes(), wal_of(path).read_bytes()
    outbox._connection.execute("pragma wal_checkpoint")
    after = path.read_bytes()
    for pages in range(len(after) // 4096 + 1):
        copy = tmp_path / f"page-{pages}"
        copy.write_bytes(after[: 4096 * pages] + before[4096 * pages :])
        wal_of(copy).write_bytes(log)
        with Outbox(copy) as found:
            assert is_sound(found)
            assert found.count().waiting == 400


def test_a_full_disk_is_named_and_told_when_it_is_over(outbox: Outbox) -> None:
    outbox._connection.execute("pragma max_page_count = 1")
    with pytest.raises(OutboxFullError) as refused:
        outbox.put(fixes(1, 5000), now_s=10.0)
    met = outbox.trouble
    outbox._connection.execute("pragma max_page_count = 4294967294")
    outbox.put(fixes(1, 10), now_s=70.0)
    (letter,) = outbox.read_letters(most=10)
    event = decode_event(letter.payload)

    assert refused.value.cause is met is Cause.FULL
    assert outbox.trouble is None
    assert event.kind is EventKind.STORAGE_FULL
    assert event.detail == {"cause": "full", "lasted_s": 60, "waiting": 10}


def test_a_read_only_disk_is_named(outbox: Outbox) -> None:
    outbox._connection.execute("pragma query_only = on")
    with pytest.raises(OutboxFullError, match="read-only") as refused:
        outbox.put(fixes(1, 1), now_s=1.0)
    outbox._connection.execute("pragma query_only = off")
    outbox.put(fixes(1, 1), now_s=1.0)

    assert refused.value.cause is Cause.READ_ONLY
    assert epochs(outbox) == [1]


def spoil_header(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[:100] = bytes(100)
    path.write_bytes(content)


def spoil_page(path: Path) -> None:
    content = bytearray(path.read_bytes())
    middle = len(content) // 4096 // 2 * 4096
    content[middle : middle + 4096] = random.Random(2).randbytes(4096)  # noqa: S311 - noise
    path.write_bytes(content)


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2 // 4096 * 4096 + 700])


def fill(path: Path, last: int) -> str:
    with Outbox(path) as outbox:
        outbox.put(fixes(1, last), now_s=1.0)
        outbox.put_letter(LetterKind.CHECKIN, "an id", b"a check-in")
        return outbox.id


@pytest.mark.parametrize("spoil", [spoil_header, spoil_page, cut_short])
def test_a_damaged_file_is_set_aside_and_a_new_one_made(
    path: Path, spoil: Callable[[Path], None]
) -> None:
    before = fill(path, 3000)
    spoil(path)
    spoiled = path.read_bytes()
    mended = mend(path, now=NOW)

    assert mended is not None
    assert mended.set_aside.name == "outbox.sqlite.damaged-20260302T120000Z"
    assert mended.set_aside.read_bytes() == spoiled
    with Outbox(path) as outbox:
        said = [one for one in outbox.read_letters(most=10) if one.kind is LetterKind.EVENT]
        assert decode_event(said[0].payload).kind is EventKind.STORAGE_DAMAGED
        assert outbox.id != before
        outbox.put(fixes(3001, 3001), now_s=1.0)


def test_what_a_torn_page_left_is_carried_over(path: Path) -> None:
    fill(path, 3000)
    spoil_page(path)
    mended = mend(path, now=NOW)

    with Outbox(path) as outbox:
        kept = epochs(outbox)
    assert mended is not None
    assert mended.positions == len(kept) > 2500
    assert {1, 3000} < set(kept)
    assert kept == sorted(set(kept))


def test_letters_are_carried_over(path: Path) -> None:
    fill(path, 3000)
    spoil_page(path)
    mend(path, now=NOW)

    with Outbox(path) as outbox:
        assert ("checkin", "an id", b"a check-in") in outbox.read_letters(most=10)


def test_a_value_that_no_message_can_carry_is_left_behind(path: Path) -> None:
    """One wild value would cost its whole batch at the server."""
    fill(path, 3000)
    with sqlite3.connect(path) as database:
        database.execute("update position set lat_e7 = 5000000000 where seq = 7")
    spoil_page(path)
    mend(path, now=NOW)

    with Outbox(path) as outbox:
        assert not {7} & set(epochs(outbox))


def test_a_sound_file_stays_where_it_is(path: Path) -> None:
    fill(path, 10)

    assert mend(path, now=NOW) is None
    assert count_at(path).waiting == 10
    assert not list(path.parent.glob("*damaged*"))


@pytest.mark.parametrize("content", [None, b""])
def test_where_nothing_is_nothing_is_mended(path: Path, content: bytes | None) -> None:
    if content is not None:
        path.write_bytes(content)

    assert mend(path, now=NOW) is None


def test_three_damaged_files_are_kept_and_no_more(path: Path) -> None:
    for hour in range(6):
        fill(path, 10)
        spoil_header(path)
        mend(path, now=NOW.replace(hour=hour))

    aside = sorted(one.name for one in path.parent.glob("*.damaged-*Z"))
    assert aside == [f"outbox.sqlite.damaged-20260302T0{hour}0000Z" for hour in (3, 4, 5)]


def test_damage_that_is_met_at_work_is_said(path: Path) -> None:
    fill(path, 3000)
    spoil_page(path)
    with Outbox(path) as outbox, pytest.raises(OutboxDamagedError, match="sets it aside"):
        outbox.read(after=0, most=3000)


def test_a_large_file_is_read_through_only_where_damage_was_met(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading it all from a slow disk would keep the agent from its receiver."""
    monkeypatch.setattr("device.outbox.files._MOST_CHECKED_BYTES", 1000)
    fill(path, 3000)
    spoil_page(path)
    unseen = mend(path, now=NOW)
    with Outbox(path) as outbox, pytest.raises(OutboxDamagedError):
        outbox.read(after=0, most=3000)
    found = mend(path, now=NOW)

    assert unseen is None
    assert found is not None
    assert mend(path, now=NOW) is None
    assert not list(path.parent.glob("*.suspect"))


def test_a_file_of_an_earlier_version_is_brought_up_to_date(path: Path) -> None:
    fill(path, 10)
    with sqlite3.connect(path) as database:
        database.executescript(
            "drop table held; drop table letter; drop index position_of_generation;"
            "alter table position drop column generation; alter table position drop column place;"
            "alter table outbox drop column thinned; alter table outbox drop column renumbered;"
            "pragma user_version = 0"
        )
    with Outbox(path) as outbox:
        assert is_sound(outbox)
        outbox.put(fixes(11, 12), now_s=1.0)
        assert is_sound(outbox)


def test_letters_come_out_by_urgency_and_age_and_once(outbox: Outbox) -> None:
    for kind, identity in [
        (LetterKind.EVENT, "e"),
        (LetterKind.REPORT, "r"),
        (LetterKind.CHECKIN, "c1"),
        (LetterKind.SOS, "s"),
        (LetterKind.CHECKIN, "c2"),
        (LetterKind.CHECKIN, "c1"),
    ]:
        outbox.put_letter(kind, identity, identity.encode())

    assert [one.identity for one in outbox.read_letters(most=10)] == ["s", "c1", "c2", "r", "e"]


def test_letters_stay_until_they_are_forgotten(outbox: Outbox, path: Path) -> None:
    outbox.put_letter(Kind.REPORT, "r", b"x")
    with Outbox(path) as another:
        another.put_letter(Kind.CHECKIN, "c", b"y")

    assert outbox.forget_letters(["r", "unknown"]) == 1
    assert [one.identity for one in outbox.read_letters(most=10)] == ["c"]


def test_letters_without_end_are_stopped_but_an_sos_is_taken(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("device.outbox.outbox._MOST_LETTERS", 3)
    for number in range(3):
        outbox.put_letter(LetterKind.CHECKIN, str(number), b"x")
    with pytest.raises(InputError, match="3 messages wait"):
        outbox.put_letter(LetterKind.REPORT, "r", b"x")
    outbox.put_letter(LetterKind.SOS, "s", b"x")

    assert outbox.count().letters == 4
