"""`patrol ingest status`: what the ingest is like, from the database."""

import json
from datetime import timedelta

import psycopg
import pytest

from ingest.keeping.settings import KeepingSettings
from ingest.operations.status import read_status
from ingest.operations.status_page import as_json, describe
from runtime.cli import make_parser
from runtime.mqtt import Message
from runtime.registers.load import load
from tests.district import NOW, SHANGHAI, WALK, assess, letters, rows, store, write_registers
from tests.makers import at


@pytest.fixture
def district(database, tmp_path):
    """Return the DSN of a database with the registers of a small district."""
    load(database, write_registers(tmp_path), zone=SHANGHAI)
    return database


def status_of(dsn: str, now=NOW):
    with psycopg.connect(dsn, autocommit=True) as conn:
        return read_status(conn, KeepingSettings(), now=now)


def test_an_empty_database_has_heard_nothing_and_needs_nothing(database):
    status = status_of(database)

    assert status.lag_s is None
    assert status.terminals == status.quarantine == {}
    assert status.attention == []
    assert "heard last:   never" in describe(status)


def test_lag_and_rate_are_of_what_came_last(district):
    store(district, letters(WALK), now=at(3600))

    status = status_of(district, now=at(3590) + timedelta(seconds=40))

    newest_s = max(one.epoch_ms for one in WALK) / 1000
    within = [one for one in WALK if one.epoch_ms / 1000 > at(3570).timestamp()]
    assert status.lag_s == 30.0
    assert newest_s <= at(3600).timestamp()
    assert status.positions_last_minute == len(within) > 0


def test_terminals_are_counted_by_what_they_said_last(district):
    store(district, [Message("gp/1/T01/status", b'{"v":1,"state":"online"}', 1, 1)])

    assert status_of(district).terminals == {"online": 1, "without status": 1}


def test_terminals_on_duty_are_named_while_they_are_silent(district):
    assert status_of(district, now=at(60)).on_duty.most_silent == [("T01", None)]

    store(district, letters(WALK[:10]), now=at(120))
    heard, silent = (status_of(district, now=at(second)).on_duty for second in (400, 500))

    assert (heard.terminals, heard.heard, heard.most_silent) == (1, 1, [])
    assert (silent.heard, silent.most_silent) == (0, [("T01", at(120))])


def test_numbers_that_never_came_are_missing_between_those_that_did(district):
    first, *_, last = letters(WALK[:300], at_once=50)
    store(district, [first, last])

    losses = status_of(district).losses

    assert (losses.heard, losses.missing) == (100, 200)
    assert [(one.terminal_id, one.outbox, one.missing) for one in losses.worst] == [
        ("T01", "a", 200)
    ]


def test_what_is_off_duty_is_counted(district):
    late = [one._replace(epoch_ms=one.epoch_ms + 7_200_000) for one in WALK[:10]]
    store(district, letters(late), now=at(20_000))

    assert status_of(district).losses.off_duty == 10


def test_worker_days_wait_until_they_are_judged(district):
    store(district, letters(WALK))
    waiting = status_of(district).worklist
    assess(district)

    assert waiting.due == 1
    assert waiting.oldest_day == rows(district, "select day from daily_compliance")[0][0]
    assert status_of(district).worklist.due == 0


def test_worker_days_that_wait_for_long_need_attention(district):
    store(district, letters(WALK))
    with psycopg.connect(district) as conn:
        conn.execute("update dirty_day set marked_at = %s", [NOW - timedelta(minutes=11)])

    (attention,) = status_of(district).attention

    assert attention.startswith("1 worker-days wait to be judged, the first since ")


def test_silence_of_everybody_on_duty_needs_attention(district):
    store(district, letters(WALK[:10]), now=at(60))

    assert status_of(district, now=at(600)).attention == []
    (attention,) = status_of(district, now=at(700)).attention
    assert attention.startswith("1 terminals are on duty and nothing was heard for ten minutes")


def test_the_quarantine_is_counted_by_kind_and_what_the_database_refused_is_told(district):
    store(district, letters(WALK[:10], terminal="T09", at_once=5))
    assert status_of(district).attention == []
    with psycopg.connect(district) as conn:
        conn.execute("update quarantine set code = 'database_refused' where quarantine_id % 2 = 0")

    status = status_of(district)

    assert status.quarantine == {"database_refused": 1, "unknown_terminal": 1}
    assert "patrol ingest quarantine list --code database_refused" in status.attention[0]


def test_it_says_which_versions_the_database_has(district):
    ((newest,),) = rows(district, "select max(name) from schema_migration")

    assert status_of(district).versions.schema == newest
    assert f"; {newest}" in describe(status_of(district))


def test_it_tells_nobody_s_position(district):
    store(district, letters(WALK))
    store(district, letters(WALK[:10], terminal="T09"))
    told = describe(status_of(district)) + json.dumps(as_json(status_of(district)))

    assert str(WALK[0].lat_e7)[:5] not in told


@pytest.mark.parametrize(("age", "code"), [(timedelta(0), 0), (timedelta(hours=1), 69)])
def test_the_command_ends_with_69_when_something_needs_attention(
    district, monkeypatch, capsys, age, code
):
    store(district, letters(WALK))
    with psycopg.connect(district) as conn:
        conn.execute("update dirty_day set marked_at = now() - %s", [age])
    monkeypatch.setenv("PATROL_DATABASE_DSN", district)
    options = make_parser("ingest").parse_args(["ingest", "status", "--json"])

    assert options.command(options) == code
    assert bool(json.loads(capsys.readouterr().out)["attention"]) == bool(code)
