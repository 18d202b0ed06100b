"""Schema, registers, facts and results in a real PostgreSQL."""

import json
import os
import threading
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from ingest.assess import assess_marked
from ingest.migrate import check_migrated, migrate
from ingest.registers.load import FILES, load
from ingest.worklist import WorkerDay, finish, take
from ingest.writer import Writer
from patrol.compliance import Rules
from patrol.duty import read_zone
from patrol.errors import InputError, StateError
from patrol.ids import WorkerId
from patrol.messages import Position, PositionBatch, encode_position
from patrol.topics import Topics
from runtime.mqtt import Message
from tests.makers import CITY, at, square, walk

SHANGHAI = read_zone("Asia/Shanghai")
NOW = at(4000)
WRITER = Writer(topics=Topics("gp/1"), future_s=600)


def write_registers(folder: Path, **changed: str) -> dict[str, Path]:
    """Write a district of one grid, one door, one worker and one terminal, on duty for an hour."""
    lat_deg, lon_deg = CITY.to_degrees(100.0, 0.0)
    door = {"type": "Point", "coordinates": [float(lon_deg), float(lat_deg)]}
    contents = {
        "grids": collection({"grid_id": "G01", "name": "North"}, square()),
        "premises": collection({"premises_id": "P1", "grid_id": "G01", "radius_m": 5}, door),
        "places": collection({"place_id": "S1", "kind": "station", "radius_m": 30}, door),
        "workers": "worker_id,name\nW01,Worker 01\nW02,Worker 02\n",
        "terminals": "terminal_id,model,worker_id,valid_from,valid_to\n"
        "T01,simulated,W01,2026-01-01T00:00:00Z,\nT02,simulated,,,\n",
        "roster": f"worker_id,grid_id,start,end\nW01,G01,{at(0).isoformat()},{at(3600).isoformat()}\n",
        **changed,
    }
    paths = {kind: folder / FILES[kind] for kind in FILES}
    for kind, path in paths.items():
        path.write_text(contents[kind])
    return paths


def collection(properties: dict, geometry: dict) -> str:
    feature = {"type": "Feature", "properties": properties, "geometry": geometry}
    return json.dumps({"type": "FeatureCollection", "features": [feature]})


@pytest.fixture
def district(database, tmp_path):
    """Return the DSN of a database with the small district loaded."""
    load(database, write_registers(tmp_path), zone=SHANGHAI)
    return database


def rows(dsn: str, query: str) -> list[tuple]:
    with psycopg.connect(dsn) as conn:
        return conn.execute(query).fetchall()


def count(dsn: str, table: str) -> int:
    return rows(dsn, f"select count(*) from {table}")[0][0]  # noqa: S608 - a test's own word


def positions(fixes, flags: int = 0) -> tuple[Position, ...]:
    return tuple(
        Position(int(t), int(lat), int(lon), accuracy_dm=50, flags=flags)
        for t, lat, lon in zip(fixes.epoch_ms, fixes.lat_e7, fixes.lon_e7, strict=True)
    )


def letters(fixes: Sequence[Position], terminal: str = "T01", at_once: int = 500) -> list[Message]:
    return [
        Message(
            f"gp/1/{terminal}/position",
            encode_position(
                PositionBatch(
                    seq=first + 1,
                    source="agent",
                    outbox="a",
                    positions=tuple(fixes[first : first + at_once]),
                )
            ),
            mid=first,
            connection=1,
        )
        for first in range(0, len(fixes), at_once)
    ]


def store(dsn: str, messages: Sequence[Message], now: datetime = NOW):
    with psycopg.connect(dsn, autocommit=True) as conn:
        return WRITER.write(conn, messages, now=now)


def assess(dsn: str) -> int:
    with psycopg.connect(dsn, autocommit=True) as conn:
        return assess_marked(conn, Rules(), threading.Event())


WALK = positions(
    walk([(0, -150, 0), (300, 100, 0), (1800, 100, 0), (2100, -150, 0), (3600, 150, 50)])
)


# -- schema


def test_migrating_again_changes_nothing(database):
    assert migrate(database) == []


def test_several_starters_migrate_one_database(postgres):
    name = f"race_{os.getpid()}"
    with psycopg.connect(postgres.dsn, autocommit=True) as conn:
        conn.execute(f"create database {name}")
    results: list[list[str]] = []
    starters = [
        threading.Thread(target=lambda: results.append(migrate(postgres.dsn_of(name))))
        for _ in range(3)
    ]
    for starter in starters:
        starter.start()
    for starter in starters:
        starter.join()
    with psycopg.connect(postgres.dsn, autocommit=True) as conn:
        conn.execute(f"drop database {name} with (force)")

    applied = [name for result in results for name in result]
    assert len(results) == 3
    assert len(applied) == len(set(applied)) >= 4


def test_an_edited_migration_is_refused(database):
    with psycopg.connect(database) as conn:
        conn.execute("update schema_migration set checksum = 'other' where number = 2")

    with pytest.raises(StateError, match=r"0002_facts\.sql was changed after it had been applied"):
        migrate(database)


def test_a_database_newer_than_the_program_is_refused(database):
    with psycopg.connect(database) as conn:
        conn.execute("insert into schema_migration values (9999, '9999_later.sql', 'x')")

    with pytest.raises(StateError, match=r"9999_later\.sql, which this program does not know"):
        migrate(database)


def test_a_migration_that_fails_leaves_nothing_behind(database, tmp_path):
    (tmp_path / "0001_half.sql").write_text("create table half (x int); select 1/0;")
    with psycopg.connect(database) as conn:
        conn.execute("delete from schema_migration")

    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(database, tmp_path)

    assert rows(database, "select to_regclass('half')") == [(None,)]


def test_a_process_says_that_the_schema_is_missing(database):
    with psycopg.connect(database) as conn:
        conn.execute("delete from schema_migration where number = 3")

    with pytest.raises(StateError, match=r"lacks 0003_results\.sql: run `patrol ingest migrate`"):
        check_migrated(database)


def test_position_is_a_hypertable_where_there_is_timescale(database):
    has_extension = count(database, "pg_extension where extname = 'timescaledb'") == 1
    if not has_extension:
        assert rows(database, "select relkind from pg_class where relname = 'position'") == [("r",)]
        return

    tables = rows(database, "select hypertable_name from timescaledb_information.hypertables")
    assert tables == [("position",)]


# -- registers


def test_a_district_is_loaded(district):
    assert [count(district, table) for table in ("grid", "premises", "worker", "terminal")] == [
        1,
        1,
        2,
        2,
    ]
    assert rows(district, "select worker_id, day from duty_window") == [("W01", date(2026, 3, 2))]


def test_loading_the_same_again_changes_nothing(district, tmp_path):
    load(district, write_registers(tmp_path), zone=SHANGHAI)

    assert count(district, "duty_window") == count(district, "assignment") == 1


def test_a_dry_run_loads_nothing(database, tmp_path):
    loaded = load(database, write_registers(tmp_path), zone=SHANGHAI, dry_run=True)

    assert loaded["workers"] == 2
    assert count(database, "worker") == 0


def bow_tie() -> dict:
    ring = square()["coordinates"][0]
    return {"type": "Polygon", "coordinates": [[ring[0], ring[2], ring[1], ring[3], ring[0]]]}


def swapped(geometry: dict) -> dict:
    ring = [[lat, lon] for lon, lat in geometry["coordinates"][0]]
    return {"type": "Polygon", "coordinates": [ring]}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (
            {"grids": collection({"grid_id": "G01"}, bow_tie())},
            r"grids\.geojson: feature 1: outline is not valid: Self-intersection near lon 104\.0",
        ),
        (
            {"grids": collection({"grid_id": "G01"}, swapped(square()))},
            r"grids\.geojson: feature 1: position .* has its axes swapped",
        ),
        (
            {"premises": collection({"premises_id": "P1", "grid_id": "G9"}, square(20))},
            r"premises\.geojson: feature 1 P1: grid G9 is not known: load grids",
        ),
        (
            {
                "premises": collection(
                    {"premises_id": "P1", "grid_id": "G01"}, square(20, middle_m=(0, 90_000, 0))
                )
            },
            r"feature 1 P1: lies 90 km from its grid G01",
        ),
        (
            {"workers": "worker_id,name\nW01,A\nW01,B\n"},
            r"workers\.csv: line 2: W01 stands 2 times in the file: keep one",
        ),
        (
            {
                "terminals": "terminal_id,model,worker_id,valid_from,valid_to\nT01,m,W77,2026-01-01T00:00:00Z,\n"
            },
            r"terminals\.csv: line 2: worker W77 is not known: load workers",
        ),
        (
            {
                "terminals": "terminal_id,model,worker_id,valid_from,valid_to\n"
                "T01,m,W01,2026-01-01T00:00:00Z,2026-02-01T00:00:00Z\n"
                "T01,m,W02,2026-01-15T00:00:00Z,\n"
            },
            r"terminal T01 is with W01 from .* at the same time with W02",
        ),
        (
            {
                "roster": "worker_id,grid_id,start,end\n"
                "W01,G01,2026-03-02T08:00:00+08:00,2026-03-02T12:00:00+08:00\n"
                "W01,G01,2026-03-02T11:00:00+08:00,2026-03-02T13:00:00+08:00\n"
            },
            r"roster\.csv: line 3: duty .* of W01 overlaps .* \(.*line 2\): shorten one",
        ),
        (
            {
                "roster": "worker_id,grid_id,start,end\n"
                "W01,G01,2026-03-02T08:00:00+08:00,2026-03-04T12:00:00+08:00\n"
            },
            r"roster\.csv: line 2: duty .* is longer than 24 h",
        ),
        (
            {
                "roster": "worker_id,grid_id,start,end\n"
                "W09,G09,2026-03-02T08:00:00+08:00,2026-03-02T12:00:00+08:00\n"
            },
            r"(?s)2 rows cannot be loaded.*worker W09 is not known.*grid G09 is not known",
        ),
    ],
)
def test_bad_registers_are_named_and_nothing_is_half_loaded(database, tmp_path, *, changed, reason):
    paths = write_registers(tmp_path, **changed)

    with pytest.raises(InputError, match=reason):
        load(database, paths, zone=SHANGHAI)

    tables = ("grid", "premises", "worker", "terminal", "assignment", "duty_window", "dirty_day")
    assert [count(database, table) for table in tables] == [0] * len(tables)


def test_axes_that_are_swapped_within_range_are_found_by_the_distance(database, tmp_path):
    """Near 45 degrees a swapped position is still on the globe, but not near its grid."""
    grid = [[10.0, 45.0], [10.01, 45.0], [10.01, 45.01], [10.0, 45.01], [10.0, 45.0]]
    door = {"type": "Point", "coordinates": [45.005, 10.005]}
    paths = write_registers(
        tmp_path,
        grids=collection({"grid_id": "G01"}, {"type": "Polygon", "coordinates": [grid]}),
        premises=collection({"premises_id": "P1", "grid_id": "G01", "radius_m": 5}, door),
    )

    with pytest.raises(InputError, match="feature 1 P1: has its axes swapped"):
        load(database, paths, zone=SHANGHAI)


def test_a_roster_is_the_whole_truth_for_the_days_it_names(district, tmp_path):
    other = (
        "worker_id,grid_id,start,end\nW01,G01,2026-03-02T13:00:00+08:00,2026-03-02T14:00:00+08:00\n"
    )
    paths = write_registers(tmp_path, roster=other)

    load(district, {"roster": paths["roster"]}, zone=SHANGHAI)

    starts = rows(district, "select start_at from duty_window")
    assert starts == [(datetime(2026, 3, 2, 5, tzinfo=UTC),)]


def test_a_roster_may_not_overlap_what_is_already_known(district, tmp_path):
    """A night shift of the day before that reaches into the known window."""
    night = (
        "worker_id,grid_id,start,end\nW01,G01,2026-03-01T20:00:00+08:00,2026-03-02T12:30:00+08:00\n"
    )
    paths = write_registers(tmp_path, roster=night)

    with pytest.raises(InputError, match=r"overlaps .* in G01|in the database"):
        load(district, {"roster": paths["roster"]}, zone=SHANGHAI)


def test_a_terminal_handed_over_ends_the_term_of_the_worker_before(district, tmp_path):
    handed = "terminal_id,model,worker_id,valid_from,valid_to\nT01,m,W02,2026-05-01T00:00:00Z,\n"
    paths = write_registers(tmp_path, terminals=handed)

    load(district, {"terminals": paths["terminals"]}, zone=SHANGHAI)

    terms = rows(district, "select worker_id, valid_to from assignment order by valid_from")
    assert terms == [("W01", datetime(2026, 5, 1, tzinfo=UTC)), ("W02", None)]


# -- facts


def test_positions_are_stored_once_whatever_is_repeated(district):
    written = store(district, [*letters(WALK), *letters(WALK, at_once=50)])
    again = store(district, letters(WALK))

    assert written.stored == count(district, "position") == len(WALK)
    assert again.stored == 0


def test_receipts_name_what_was_stored_and_what_was_put_aside(district):
    written = store(district, [*letters(WALK[:100], at_once=50), *letters(WALK[:10], "T99")])

    assert [(name, told.fixes) for name, told in written.receipts] == [
        ("T01", ((1, 100),)),
        ("T99", ((1, 10),)),
    ]


def test_an_unknown_terminal_is_quarantined_with_what_to_do(district):
    (letter,) = letters(WALK[:10], "T99")

    store(district, [letter, *letters(WALK[:10])])

    ((topic, payload, reason),) = rows(district, "select topic, payload, reason from quarantine")
    assert (topic, bytes(payload)) == (letter.topic, letter.payload)
    assert reason.startswith("terminal T99 is not registered: add it with")
    assert count(district, "position") == 10


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("gp/1/T01/position", b"not json", "not JSON"),
        ("gp/1/T01/position", b'{"v":7}', "v is 7"),
        ("gp/1/T01/position", b"x\x9cgarbage", "not a zlib stream"),
        ("gp/1/T01/status", b'{"v":1,"state":"asleep"}', "state is 'asleep'"),
        ("gp/1/T01/stored", b"{}", "nobody but the server speaks on stored"),
        ("gp/1/a b/position", b"{}", "terminal_id 'a b' is not an id"),
        ("gp/1/T01/nonsense\0", b"{}", "is not gp/1/<terminal_id>/<kind>"),
    ],
)
def test_a_poison_letter_is_put_aside_and_the_others_are_stored(
    district, *, topic, payload, reason
):
    store(district, [Message(topic, payload, 1, 1), *letters(WALK)])

    assert reason in rows(district, "select reason from quarantine")[0][0]
    assert count(district, "position") == len(WALK)


def test_fixes_from_the_future_are_put_aside_and_the_good_ones_stored(district):
    late = int(datetime(2049, 1, 1, tzinfo=UTC).timestamp() * 1000)
    mixed = [*WALK[:48], Position(late, 306600000, 1040600000), WALK[48]]

    written = store(district, letters(mixed))

    assert count(district, "position") == written.stored == 49
    assert rows(district, "select reason from quarantine")[0][0].startswith(
        "1 of 50 fixes are from the future, the first at 2049-01-01T00:00:00+00:00"
    )


def test_the_latest_position_is_the_newest_not_the_last_to_arrive(district):
    store(district, letters(WALK[100:200]))
    store(district, letters(WALK[:100]))

    ((epoch,),) = rows(district, "select epoch from latest_position where terminal_id = 'T01'")
    assert epoch == at(1990)


def test_a_status_keeps_its_counters_when_the_broker_reports_a_loss(district):
    online = b'{"v":1,"state":"online","outbox":"a","written":7,"waiting":2}'
    store(district, [Message("gp/1/T01/status", online, 1, 1)])
    store(district, [Message("gp/1/T01/status", b'{"v":1,"state":"lost"}', 2, 1)])

    assert rows(district, "select state, outbox, written, waiting from terminal_status") == [
        ("lost", "a", 7, 2)
    ]


# -- results


def test_a_stored_day_is_assessed_with_its_evidence(district):
    store(district, letters(WALK))

    assert assess(district) == 1

    ((inside_s, unknown_s, visit_s, version),) = rows(
        district, "select inside_s, unknown_s, visit_s, rules_version from daily_compliance"
    )
    assert (inside_s, unknown_s, version) == (3600, 0, "plain-1")
    assert visit_s == pytest.approx(1500, abs=60)
    assert [row[0] for row in rows(district, "select premises_id from home_visit")] == ["P1"]
    assert rows(district, "select state, grid_id from presence_interval") == [("inside", "G01")]


def test_an_assessed_day_is_not_assessed_again_without_new_facts(district):
    store(district, letters(WALK))
    assess(district)
    store(district, letters(WALK))

    assert assess(district) == 0


def test_late_facts_give_the_same_result_as_punctual_ones(district):
    store(district, letters(WALK[::2]))
    assess(district)
    store(district, letters(WALK[1::2]))
    assess(district)
    late = rows(district, "select inside_s, outside_s, unknown_s, visit_s from daily_compliance")
    with psycopg.connect(district) as conn:
        conn.execute("truncate daily_compliance, presence_interval, home_visit, position")
    store(district, letters(WALK))
    assess(district)

    assert (
        rows(district, "select inside_s, outside_s, unknown_s, visit_s from daily_compliance")
        == late
    )


def test_a_day_that_has_begun_without_fixes_is_assessed_as_unknown(district):
    assert assess(district) == 1

    ((unknown_s, verdict),) = rows(
        district, "select unknown_s, presence_verdict from daily_compliance"
    )
    assert (unknown_s, verdict) == (3600, "undetermined")


def test_duty_that_has_not_begun_is_not_assessed(district, tmp_path):
    soon = datetime.now(UTC) + timedelta(days=2)
    roster = f"worker_id,grid_id,start,end\nW02,G01,{soon.isoformat()},{(soon + timedelta(hours=1)).isoformat()}\n"
    load(district, {"roster": write_registers(tmp_path, roster=roster)["roster"]}, zone=SHANGHAI)

    assert assess(district) == 1
    assert count(district, "dirty_day where worker_id = 'W02'") == 1


def test_a_day_taken_out_of_the_roster_loses_its_result(district):
    assess(district)
    with psycopg.connect(district) as conn:
        conn.execute("delete from duty_window")
        conn.execute("insert into dirty_day (worker_id, day) values ('W01', '2026-03-02')")

    assert assess(district) == 1
    assert count(district, "daily_compliance") == 0


def test_a_changed_grid_changes_the_days_judged_by_it(district, tmp_path):
    store(district, letters(WALK))
    assess(district)
    small = write_registers(tmp_path, grids=collection({"grid_id": "G01"}, square(60)))

    load(district, {"grids": small["grids"]}, zone=SHANGHAI)
    assess(district)

    ((outside_s,),) = rows(district, "select outside_s from daily_compliance")
    # The 25 minutes at the door are in order: it is an authorised place, too.
    assert outside_s == pytest.approx(720, abs=20)


def test_two_assessors_never_work_on_the_same_day(district):
    """The second one finds the day taken, leaves its mark, and does not wait."""
    store(district, letters(WALK))
    with psycopg.connect(district) as busy:
        busy.execute("select pg_advisory_xact_lock(hashtextextended('W01/2026-03-02', 0))")

        assert assess(district) == 0

    assert assess(district) == 1


def test_a_mark_that_comes_while_a_day_is_being_assessed_stays(district):
    with psycopg.connect(district) as conn:
        marks = take(conn, WorkerDay(WorkerId("W01"), date(2026, 3, 2)))
        store(district, letters(WALK))
        finish(conn, marks)

    assert count(district, "dirty_day") == 1
