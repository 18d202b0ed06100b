"""The outbox: what is in it stays in it until it is forgotten."""

import random
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from device.outbox import (
    Batch,
    Count,
    Outbox,
    OutboxDamagedError,
    OutboxFullError,
    count_at,
    since_boot_s,
)
from patrol.errors import InputError
from patrol.messages import Position

# Keeps numbered positions in batches of changing size and says which have been kept.
WRITER = """
import sys
from itertools import count
from pathlib import Path
from device.outbox import Outbox
from patrol.messages import Position
with Outbox(Path(sys.argv[1])) as outbox:
    kept = outbox.count().written
    for size in count(1):
        more = [Position(kept + n, 2 * (kept + n), 3) for n in range(1, 1 + size % 7)]
        outbox.put(more, now_s=1.0)
        kept += len(more)
        print(kept, flush=True)
"""


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    with Outbox(tmp_path / "outbox.sqlite") as opened:
        yield opened


def positions(first: int, last: int) -> tuple[Position, ...]:
    return tuple(Position(number, 2 * number, 3 * number) for number in range(first, last + 1))


def put(outbox: Outbox, first: int, last: int) -> None:
    outbox.put(positions(first, last), now_s=1.0)


def test_a_position_comes_back_as_it_was(outbox: Outbox) -> None:
    full = Position(1, -2, 3, 4, 5, 6, 7, 8, 9, 1, 81, 36)
    outbox.put([full, Position(4, 5, 6, quality=None)], now_s=7.5)

    assert outbox.read(after=0, most=500) == Batch(
        1, (full, Position(4, 5, 6, quality=None)), (7.5, 7.5)
    )


def test_a_batch_is_the_oldest_up_to_its_size(outbox: Outbox) -> None:
    put(outbox, 1, 10)

    assert outbox.read(after=0, most=4) == Batch(1, positions(1, 4), (1.0,) * 4)
    assert outbox.read(after=8, most=4) == Batch(9, positions(9, 10), (1.0,) * 2)
    assert outbox.read(after=3, most=4, until=5) == Batch(4, positions(4, 5), (1.0,) * 2)
    assert outbox.read(after=10, most=4) is None


def test_a_batch_ends_before_a_seq_that_is_missing(outbox: Outbox) -> None:
    put(outbox, 1, 10)
    outbox.forget([(1, 2), (5, 5)])

    assert outbox.read(after=0, most=500) == Batch(3, positions(3, 4), (1.0,) * 2)
    assert outbox.read(after=4, most=500) == Batch(6, positions(6, 10), (1.0,) * 5)


def test_only_what_is_named_is_forgotten(outbox: Outbox) -> None:
    put(outbox, 1, 10)

    assert outbox.forget([(2, 3), (9, 99)]) == 4
    assert not outbox.holds(2, 3)
    assert outbox.holds(1, 2)
    assert outbox.count() == Count(outbox.id, 10, 6)


def test_forgetting_twice_or_nothing_is_harmless(outbox: Outbox) -> None:
    put(outbox, 1, 3)
    outbox.forget([(1, 3)])

    assert outbox.forget([(1, 3)]) == 0
    assert outbox.forget([]) == 0


def test_a_seq_is_never_used_twice(tmp_path: Path) -> None:
    with Outbox(tmp_path / "o") as first:
        put(first, 1, 5)
        first.forget([(1, 5)])
    with Outbox(tmp_path / "o") as second:
        put(second, 6, 6)
        batch = second.read(after=0, most=500)

    assert batch is not None
    assert batch.first == 6


def test_an_outbox_keeps_its_id_and_another_has_another(tmp_path: Path) -> None:
    with Outbox(tmp_path / "a") as one, Outbox(tmp_path / "a") as again:
        assert one.id == again.id
    with Outbox(tmp_path / "b") as other:
        assert other.id != one.id


def test_two_connections_see_the_same(outbox: Outbox, tmp_path: Path) -> None:
    with Outbox(tmp_path / "outbox.sqlite") as second:
        put(outbox, 1, 3)

        assert second.count().waiting == 3


def test_the_age_is_not_known_after_the_machine_was_started_anew(tmp_path: Path) -> None:
    with Outbox(tmp_path / "o") as before:
        put(before, 1, 2)
        before._connection.execute("update outbox set boot_id = 'an earlier one'")
    with Outbox(tmp_path / "o") as after:
        batch = after.read(after=0, most=500)

    assert batch == Batch(1, positions(1, 2), (None, None))


def test_a_full_disk_is_said_and_nothing_is_half_written(outbox: Outbox) -> None:
    put(outbox, 1, 10)
    outbox._connection.execute("pragma max_page_count = 1")
    with pytest.raises(OutboxFullError, match="full"):
        put(outbox, 11, 2000)

    assert outbox.count().written == 10


def test_a_disk_that_has_room_again_is_used(outbox: Outbox) -> None:
    outbox._connection.execute("pragma max_page_count = 1")
    with pytest.raises(OutboxFullError):
        put(outbox, 1, 2000)
    outbox._connection.execute("pragma max_page_count = 4294967294")
    put(outbox, 1, 2000)

    assert outbox.count().waiting == 2000


def test_forgetting_makes_room_on_a_full_disk(outbox: Outbox) -> None:
    put(outbox, 1, 2000)
    outbox._connection.execute("pragma max_page_count = 1")
    outbox.forget([(1, 1000)])
    put(outbox, 2001, 2400)

    assert outbox.count().written == 2400


@contextmanager
def no_file_may_grow() -> Iterator[None]:
    """Let every write to a file fail, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_cannot_be_written_is_told_like_a_full_one(outbox: Outbox) -> None:
    put(outbox, 1, 10)
    with no_file_may_grow(), pytest.raises(OutboxFullError):
        outbox.forget([(1, 5)])

    assert outbox.count().waiting == 10
    assert outbox.forget([(1, 5)]) == 5


def test_anything_else_that_sqlite_refuses_is_not_a_full_disk(outbox: Outbox) -> None:
    outbox._connection.execute("drop table position")
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        put(outbox, 1, 1)


def test_what_was_put_survives_a_kill_at_any_moment(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite"
    chance = random.Random(2)  # noqa: S311 - moments, not secrets
    for _ in range(5):
        command = [sys.executable, "-c", WRITER, str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            said = [int(writer.stdout.readline()) for _ in range(chance.randint(1, 300))]
            writer.kill()
            said += [int(line) for line in writer.stdout if line.endswith("\n")]
        with Outbox(path) as outbox:
            written = outbox.count().written
            rows = [row[0] for row in outbox._connection.execute("select epoch_ms from position")]

        assert written >= said[-1]
        assert rows == list(range(1, written + 1))


def test_the_state_can_be_read_while_the_agent_writes(outbox: Outbox, tmp_path: Path) -> None:
    put(outbox, 1, 5)
    outbox.forget([(1, 2)])
    outbox._connection.execute("begin immediate")

    assert count_at(tmp_path / "outbox.sqlite") == Count(outbox.id, 5, 3)


def test_the_state_can_be_read_when_no_agent_runs(tmp_path: Path) -> None:
    with Outbox(tmp_path / "o") as closed:
        put(closed, 1, 5)

    assert count_at(tmp_path / "o") == Count(closed.id, 5, 5)


def test_a_missing_outbox_is_not_made_by_looking(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        count_at(tmp_path / "o")

    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize("content", [b"", b"something else entirely, of some length" * 100])
def test_another_file_is_not_an_outbox(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "o").write_bytes(content)
    with pytest.raises(InputError, match="not an outbox"):
        count_at(tmp_path / "o")


def test_another_file_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "o").write_bytes(b"something else entirely, of some length" * 100)
    with pytest.raises(OutboxDamagedError, match="not a database"):
        Outbox(tmp_path / "o")

    assert list(tmp_path.iterdir()) == [tmp_path / "o"]


def test_the_database_of_something_else_is_not_written_to(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "o")) as other:
        other.execute("create table recipe (name text)")
    with pytest.raises(InputError, match="something else"):
        Outbox(tmp_path / "o")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="file/o"):
        Outbox(tmp_path / "file" / "o")


def test_nobody_else_on_the_terminal_may_read_where_it_was(outbox: Outbox, tmp_path: Path) -> None:
    outbox.put([Position(1, 2, 3)], now_s=1.0)

    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == dict.fromkeys(
        ("outbox.sqlite", "outbox.sqlite-wal", "outbox.sqlite-shm"), 0o600
    )


def test_the_clock_of_ages_goes_forward() -> None:
    assert since_boot_s() <= since_boot_s()
