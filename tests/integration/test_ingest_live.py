"""Who is where now, as the database tells it while duty lasts."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from runtime.registers.load import load
from tests.asking import TOKEN, Asker, asking, write_tokens
from tests.district import SHANGHAI, assess, count, letters, positions, store, write_registers
from tests.makers import NOON, walk

HOUR = timedelta(hours=1)


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def ask(database: str, tmp_path: Path, now: datetime) -> Iterator[Asker]:
    """Ask about a worker whose duty began an hour ago and ends in one."""
    start, end = (now - HOUR).isoformat(), (now + HOUR).isoformat()
    roster = f"worker_id,grid_id,start,end\nW01,G01,{start},{end}\n"
    load(database, write_registers(tmp_path, roster=roster), zone=SHANGHAI)
    with asking(database, write_tokens(tmp_path / "tokens", TOKEN)) as asker:
        yield asker


def send(dsn: str, now: datetime, *, last_s: float, x_m: float = 0) -> None:
    """Store half an hour at one place until some seconds ago, and assess."""
    begin = now - timedelta(seconds=last_s + 1800)
    fixes = walk([(0, x_m, 0), (1800, x_m, 0)], shift=begin - NOON)
    store(dsn, letters(positions(fixes)), now=now)
    assess(dsn)


def latest(ask: Asker) -> dict:
    (found,) = ask.json("/v1/positions/latest")["positions"]
    return found


def test_who_is_in_the_grid_is_said_to_be_inside(ask: Asker, database: str, now: datetime) -> None:
    send(database, now, last_s=20)

    found = latest(ask)
    assert found["provisional_state"] == "inside"
    assert found["provisional_inside_p"] > 0.99
    since = datetime.fromisoformat(found["provisional_since"])
    assert abs(since - (now - timedelta(seconds=1820))) < timedelta(seconds=15)


def test_who_left_is_said_to_be_outside(ask: Asker, database: str, now: datetime) -> None:
    send(database, now, last_s=20, x_m=500)

    assert latest(ask)["provisional_state"] == "outside"


def test_later_facts_replace_the_state(ask: Asker, database: str, now: datetime) -> None:
    send(database, now, last_s=300, x_m=500)
    send(database, now, last_s=0)

    assert count(database, "live_state") == 1
    assert latest(ask)["provisional_state"] != "outside"


def test_after_ten_silent_minutes_nobody_knows(ask: Asker, database: str, now: datetime) -> None:
    send(database, now, last_s=700)

    found = latest(ask)
    assert (found["provisional_state"], found["provisional_inside_p"]) == ("unknown", None)
    assert found["provisional_since"][:19] == found["epoch"][:19]


def test_a_state_that_nobody_computed_is_unknown(ask: Asker, database: str, now: datetime) -> None:
    fixes = walk([(0, 0, 0), (60, 0, 0)], shift=now - timedelta(minutes=2) - NOON)
    store(database, letters(positions(fixes)), now=now)

    assert latest(ask)["provisional_state"] == "unknown"


def test_fixes_of_long_ago_say_nothing_of_now(ask: Asker, database: str, now: datetime) -> None:
    send(database, now - 4 * HOUR, last_s=0)

    assert count(database, "live_state where epoch is not null") == 0
    assert ask.json("/v1/positions/latest")["positions"] == []
