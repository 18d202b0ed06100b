"""What duty asks for, in files: defaults for what is empty, and everything wrong by its line."""

from datetime import UTC, date, datetime, timedelta

import pytest

from patrol.registers.files import Problems, Text
from patrol.registers.terms import (
    Terms,
    check_terms,
    read_covers,
    read_excuses,
    read_requirements,
)
from patrol.requirements import ExcuseKind, Requirement

REQUIREMENTS = "grid_id,valid_from,valid_to,presence_share,visit_s,coverage_share\n"
EXCUSES = "worker_id,grid_id,start,end,reason\n"
COVERS = "worker_id,grid_id,start,end\n"
HOURS = "2026-03-02T08:00:00+08:00,2026-03-02T10:00:00+08:00"


def requirements(*lines: str) -> Text:
    return Text("requirements.csv", REQUIREMENTS + "\n".join(lines))


def excuses(*lines: str) -> Text:
    return Text("excuses.csv", EXCUSES + "\n".join(lines))


def covers(*lines: str) -> Text:
    return Text("covers.csv", COVERS + "\n".join(lines))


def test_what_is_empty_holds_for_all_for_ever_as_by_default():
    (row,) = read_requirements(requirements(",,,,,1"), Problems())

    assert row.requirement == Requirement(coverage_share=1.0)


def test_a_requirement_is_of_a_grid_from_a_day_until_before_another():
    line = "G1,2026-03-01,2026-04-01,0.8,5400,"

    (row,) = read_requirements(requirements(line), Problems())

    assert row.requirement == Requirement(
        grid_id="G1",
        valid_from=date(2026, 3, 1),
        valid_to=date(2026, 4, 1),
        presence_share=0.8,
        visit=timedelta(minutes=90),
    )


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("G 1,,,,,", "grid_id 'G 1' is not an id"),
        ("G1,2026-03-01,2026-03-01,,,", "valid_to is not after valid_from"),
        ("G1,,,1.1,,", "presence_share '1.1' is not a number from 0 to 1"),
        ("G1,,,,-1,", "visit_s '-1' is not a number from 0 to 86400"),
        ("G1,,,,,most", "coverage_share 'most' is not a number from 0 to 1"),
        ("G1,,,inf,,", "presence_share 'inf' is not a number"),
    ],
)
def test_a_bad_requirement_is_named_by_its_line(line, reason):
    problems = Problems()

    assert read_requirements(requirements(line), problems) == []
    assert problems.found[0].startswith(f"requirements.csv: line 2: {reason}")


@pytest.mark.parametrize(("worker", "grid"), [("W1", "G1"), ("W1", ""), ("", "G1"), ("", "")])
def test_an_excuse_is_of_a_worker_in_a_grid_or_of_all(worker, grid):
    (row,) = read_excuses(excuses(f"{worker},{grid},{HOURS},training"), Problems())

    assert row.excuse.kind is ExcuseKind.TRAINING
    assert (row.excuse.worker_id, row.excuse.grid_id) == (worker or None, grid or None)
    assert row.excuse.interval.start == datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (f"W1,G1,{HOURS},lunch", "reason 'lunch' is not one of leave, "),
        # It is found, not told.
        (f"W1,G1,{HOURS},common_silence", "reason 'common_silence' is not one of leave, "),
        ("W1,G1,2026-03-02T08:00:00Z,2026-03-02T08:00:00Z,leave", "end 2026-03-02T08:00:00Z is"),
    ],
)
def test_a_bad_excuse_is_named_by_its_line(line, reason):
    problems = Problems()

    assert read_excuses(excuses(line), problems) == []
    assert problems.found[0].startswith(f"excuses.csv: line 2: {reason}")


def test_cover_is_of_a_worker_in_another_grid():
    (row,) = read_covers(covers(f"W1,G2,{HOURS}"), Problems())

    assert (row.cover.worker_id, row.cover.grid_id) == ("W1", "G2")
    assert row.cover.interval.length == timedelta(hours=2)


def test_two_requirements_of_a_grid_from_one_day_are_named():
    """Nobody could tell which of the two holds."""
    problems = Problems()
    rows = read_requirements(requirements("G1,,,0.9,,", "G2,,,0.9,,", "G1,,,0.8,,"), problems)

    check_terms(Terms(requirements=rows), problems, grids={"G1", "G2"})

    ((where, reason),) = problems.rows
    assert where == "requirements.csv: line 4"
    assert reason.startswith("requirements.csv: line 2 is about the same grid from the same day")


@pytest.mark.parametrize(
    ("workers", "unknown"),
    [
        ({"W1"}, ["grid G9 is not known: load grids", "worker W9 is not known: load workers"]),
        (None, ["grid G9 is not known: load grids"]),
    ],
    ids=["workers are known", "workers are not asked about"],
)
def test_ids_that_nobody_knows_are_named(workers, unknown):
    problems = Problems()
    terms = Terms(
        requirements=read_requirements(requirements(",,,,,"), problems),
        excuses=read_excuses(excuses(f"W1,G1,{HOURS},leave", f",,{HOURS},weather"), problems),
        covers=read_covers(covers(f"W9,G9,{HOURS}"), problems),
    )

    check_terms(terms, problems, grids={"G1"}, workers=workers)

    assert problems.rows == [("covers.csv: line 2", reason) for reason in unknown]


def test_files_that_were_not_given_have_nothing_wrong():
    problems = Problems()

    check_terms(Terms(), problems, grids=set(), workers=set())

    assert problems.found == []
