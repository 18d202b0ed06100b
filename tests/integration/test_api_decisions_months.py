"""Months that change no more, what later facts make of them, and their opening by two."""

from collections.abc import Iterator

import psycopg
import pytest

from ingest.judging.frozen import hold_frozen
from ingest.judging.worklist import WorkerDay
from runtime.registers.load import load
from tests import district as small
from tests.asking import DAY, execute
from tests.deciding import CORRECTIONS, FINDING, FRESH, MONTH, Office, office, problem
from tests.district import SHANGHAI, assess, letters, positions, rows, write_registers
from tests.makers import at, walk

# The whole of the known month lies before; nothing of it waits.
SETTLED = "delete from dirty_day; delete from duty_window where day = '2026-11-21';"
LONG_AGO = """
update duty_window set day = '2026-10-20', start_at = start_at - interval '31 days',
       end_at = end_at - interval '31 days' where day = '2026-11-20';
update daily_compliance set day = '2026-10-20' where day = '2026-11-20';
"""
OCTOBER = "/v1/months/2026-10"
LATER = at(90_000)
ASK = {"reason_code": "late_evidence", "text": "a box of terminals came back"}
AGREE = {"status": "confirmed", "revision": 1, "reason_code": "checked", "text": "seen the box"}


@pytest.fixture(scope="module")
def staff(shared_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(shared_database, tmp_path_factory.mktemp("tokens")) as made:
        made.run(SETTLED + LONG_AGO)
        yield made


@pytest.fixture
def desk(staff: Office) -> Office:
    staff.run("delete from dirty_day")
    staff.run(FRESH)
    return staff


def freeze(desk: Office, **body: object) -> dict:
    return desk.say("chen", f"{OCTOBER}/freeze", **body)


def test_a_month_is_frozen_with_its_worker_days(desk: Office) -> None:
    frozen = freeze(desk)

    assert (frozen["month"], frozen["days"], frozen["frozen_by"]) == ("2026-10-01", 2, "chen")
    days = desk.read("chen", "/v1/compliance?from=2026-10-20&to=2026-10-20")["days"]
    assert [one["is_frozen"] for one in days] == [True, True]


def test_an_area_is_frozen_with_all_that_lies_in_it(desk: Office) -> None:
    # W1 has duty in both districts, W2 in the west alone.
    east = freeze(desk, area_id="D1")
    west = freeze(desk, area_id="D2")

    assert (east["days"], west["days"]) == (1, 1)


@pytest.mark.parametrize(
    ("who", "area", "told"),
    [
        ("west", "D1", (404, "unknown-subject")),
        ("west", None, (404, "unknown-subject")),
        ("east", None, (403, "not-permitted")),
        ("admin", None, (403, "not-permitted")),
        ("chen", "D9", (404, "unknown-subject")),
    ],
)
def test_only_who_oversees_an_area_freezes_it(
    desk: Office, who: str, area: str | None, told: tuple
) -> None:
    assert problem(desk.post(who, f"{OCTOBER}/freeze", area_id=area)) == told


def test_a_month_that_is_not_over_is_not_frozen(desk: Office) -> None:
    assert problem(desk.post("chen", "/v1/months/2999-01/freeze")) == (409, "not-yet")
    assert desk.post("chen", "/v1/months/2026-13/freeze").status_code == 422


def test_what_is_not_settled_is_named_and_frozen_only_when_told_so(desk: Office) -> None:
    desk.run("insert into dirty_day (worker_id, day) values ('W1', '2026-10-20')")
    refused = desk.post("chen", f"{OCTOBER}/freeze")

    assert problem(refused) == (409, "not-settled")
    assert "1 wait to be judged again" in refused.json()["detail"]
    assert freeze(desk, despite_open=True)["days"] == 2


def test_nothing_is_decided_about_a_frozen_day(desk: Office) -> None:
    desk.run(FINDING.replace("2026-11-20", "2026-10-20"))
    freeze(desk)
    correction = desk.post(
        "chen", CORRECTIONS.replace(DAY, "2026-10-20"), kind="visit_time", decided_s=9600,
        reason_code="other", text="so", revision=0,
    )  # fmt: skip
    finding = desk.post(
        "chen", "/v1/findings/1/decision",
        status="dismissed", reason_code="explained", text="so", revision=1,
    )  # fmt: skip

    assert problem(correction) == problem(finding) == (409, "month-frozen")


def test_two_open_a_month_and_one_does_not(desk: Office) -> None:
    freeze(desk)
    asked = desk.say("chen", f"{OCTOBER}/unlockings", **ASK)
    path = f"/v1/unlockings/{asked['unlocking_id']}/decision"
    alone = desk.post("chen", path, **AGREE)
    both = desk.say("ma", path, **AGREE)

    assert problem(alone) == (403, "another-person")
    assert (both["status"], both["released_days"]) == ("confirmed", 2)
    (month,) = desk.read("auditor", "/v1/months?month=2026-10")["months"]
    assert (month["days"], month["released_at"] is None) == (0, False)
    assert problem(desk.post("ma", path, **AGREE)) == (409, "changed-meanwhile")


def test_one_worker_alone_is_opened_and_frozen_again(desk: Office) -> None:
    freeze(desk)
    asked = desk.say("chen", f"{OCTOBER}/unlockings", worker_id="W2", **ASK)
    desk.say("ma", f"/v1/unlockings/{asked['unlocking_id']}/decision", **AGREE)
    days = desk.read("chen", "/v1/compliance?from=2026-10-20&to=2026-10-20")["days"]

    assert [one["is_frozen"] for one in days] == [True, False]
    assert freeze(desk)["days"] == 2


def test_an_unlocking_that_is_refused_opens_nothing(desk: Office) -> None:
    freeze(desk)
    asked = desk.say("chen", f"{OCTOBER}/unlockings", **ASK)
    no = {**AGREE, "status": "refused", "reason_code": "not_needed"}
    desk.say("ma", f"/v1/unlockings/{asked['unlocking_id']}/decision", **no)

    assert desk.read("chen", "/v1/months")["months"][0]["days"] == 2
    assert desk.read("chen", "/v1/unlockings?status=refused")["unlockings"] != []


def test_a_month_that_is_not_frozen_cannot_be_opened(desk: Office) -> None:
    assert problem(desk.post("chen", f"{MONTH}/unlockings", **ASK)) == (404, "unknown-subject")


@pytest.fixture
def judged(database: str, tmp_path) -> str:
    """Return a database with one worker-day of an hour that was judged, and is frozen."""
    load(database, write_registers(tmp_path), zone=SHANGHAI)
    fixes = walk([(0, 0, 0), (1800, 10, 10)])
    small.store(database, letters(positions(fixes)), LATER)
    assess(database)
    execute(
        database,
        "with f as (insert into frozen_month (month, frozen_by) values ('2026-03-01', 'chen')"
        " returning freeze_id) insert into frozen_day (worker_id, day, freeze_id)"
        " select worker_id, day, freeze_id from f, daily_compliance",
    )
    return database


RESULT = "select c.* from daily_compliance c"


def test_later_facts_leave_a_frozen_day_as_it_is_and_stand_beside_it(judged: str) -> None:
    before = rows(judged, RESULT)
    presence = rows(judged, "select * from presence_interval order by start_at")
    small.store(judged, letters(positions(walk([(1800, 10, 10), (3590, 20, 20)]))), LATER)
    assess(judged)

    assert rows(judged, RESULT) == before
    assert rows(judged, "select * from presence_interval order by start_at") == presence
    ((differs, unknown_s),) = rows(
        judged, "select differs_in, (result->>'unknown_s')::int from recomputed_day"
    )
    assert "unknown_s" in differs
    assert unknown_s < before[0][6]
    assert rows(judged, "select count(*) from dirty_day") == [(0,)]


def test_a_frozen_day_that_would_be_the_same_differs_in_nothing(judged: str) -> None:
    execute(judged, "insert into dirty_day (worker_id, day) select worker_id, day from frozen_day")
    assess(judged)

    assert rows(judged, "select differs_in from recomputed_day") == [([],)]


def test_findings_of_a_frozen_day_stay(judged: str) -> None:
    execute(
        judged,
        "insert into finding (worker_id, day, kind, start_at, end_at, evidence)"
        " select worker_id, day, 'teleport', '2026-03-02 04:00Z', '2026-03-02 04:10Z', '{}'"
        " from frozen_day; insert into dirty_day (worker_id, day) select worker_id, day"
        " from frozen_day",
    )
    assess(judged)

    assert rows(judged, "select kind from finding") == [("teleport",)]


def test_who_freezes_waits_for_who_stores(judged: str) -> None:
    unit = WorkerDay(*rows(judged, "select worker_id, day from frozen_day")[0])
    with psycopg.connect(judged) as judge, psycopg.connect(judged) as freezer:
        assert hold_frozen(judge, [unit]) == {unit}
        freezer.execute("set lock_timeout = '100ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            freezer.execute("select change_months()")
