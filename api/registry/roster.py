"""Duty windows: those of a worker, read and put by days."""

from datetime import date, timedelta
from hashlib import sha256
from typing import Annotated, Any, Final

import psycopg
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.documentation import answers
from api.identity.callers import CallerKnown, ReadsRegistry, WritesRoster
from api.problems import CHANGED_MEANWHILE, INVALID_REQUEST, NOT_PERMITTED
from api.registry.desk import AskedDesk
from api.registry.problems import (
    MONTH_FROZEN,
    UNKNOWN_ENTRY,
    changed_meanwhile,
    invalid_fields,
    unknown,
)
from api.registry.reaching import MY_WORKER, reach_of
from api.registry.routes import ChangeQuery
from api.registry.shapes import Changed, GivenWindow, Roster, RosterBody, RosterWindow
from api.registry.writing import How, check_frozen
from api.routes.days import AskedWorker
from api.routes.parameters import ParametersKnown
from api.shapes import Day
from api.views import AskedViews
from patrol.duty import DutyWindow, at_local
from patrol.errors import InputError
from patrol.ids import GridId as Grid
from patrol.ids import WorkerId
from patrol.intervals import Interval
from patrol.registers.files import Problems
from patrol.registers.registers import Registers
from patrol.registers.rows import DutyRow
from runtime.registers.changes import Entry, newest_mark, write_change
from runtime.registers.load import Terms, store
from runtime.registers.reach import days_beyond

router = APIRouter(prefix="/v1", dependencies=[CallerKnown, ParametersKnown], tags=["registry"])

_MOST_DAYS: Final = 62

_IS_MINE: Final = "select exists (select from worker t where t.worker_id = %(worker_id)s and "

_WINDOWS: Final = """
-- duty of a worker in a range of days, in the grids of whoever asks
select day, grid_id, start_at, end_at
  from duty_window
 where worker_id = %(worker_id)s
   and day between %(first_day)s and %(last_day)s
   and grid_id in (select grid_id from v1_my_grid)
 order by start_at
"""

_DROP: Final = """
-- days that are put without any duty
with gone as (
    delete from duty_window
     where worker_id = %(worker_id)s and day = any(%(days)s)
    returning worker_id, day
)
insert into dirty_day (worker_id, day) select distinct worker_id, day from gone
"""


class RosterQuery(BaseModel):
    """Which days are asked for."""

    model_config = ConfigDict(populate_by_name=True)

    first_day: Annotated[Day, Field(alias="from", description="first day")]
    last_day: Annotated[Day, Field(alias="to", description="last day; at most 62 days")]


class PutRosterQuery(ChangeQuery, RosterQuery):
    """Which days are put, and on which terms."""


@router.get(
    "/workers/{worker_id}/roster",
    responses=answers(Roster, UNKNOWN_ENTRY, NOT_PERMITTED),
    summary="Duty windows of a worker",
)
async def get_roster(
    worker_id: AskedWorker,
    query: Annotated[RosterQuery, Query()],
    *,
    views: AskedViews,
    asking: ReadsRegistry,
    response: Response,
) -> Roster:
    """List the duty of a worker in your grids, on the days from `from` to `to`."""
    check_days(query)
    async with views.snapshot(asking) as snapshot:
        mine: Any = _IS_MINE + MY_WORKER + ")"
        if not await snapshot.truth(mine, worker_id=worker_id):
            raise unknown("worker", worker_id)
        windows = await snapshot.rows(
            RosterWindow,
            _WINDOWS,
            worker_id=worker_id,
            first_day=query.first_day,
            last_day=query.last_day,
        )
    roster = Roster(worker_id=worker_id, windows=windows, revision=_revision(windows))
    response.headers["ETag"] = f'"{roster.revision}"'
    return roster


@router.put(
    "/workers/{worker_id}/roster",
    responses=answers(
        Changed, UNKNOWN_ENTRY, CHANGED_MEANWHILE, MONTH_FROZEN, NOT_PERMITTED, INVALID_REQUEST
    ),
    summary="Put the duty windows of a worker",
)
async def put_roster(
    worker_id: AskedWorker,
    body: RosterBody,
    query: Annotated[PutRosterQuery, Query()],
    *,
    desk: AskedDesk,
    asking: WritesRoster,
) -> Changed:
    """Put all duty of a worker on the days from `from` to `to`, in local times, in one call.

    Overlaps are refused with both windows named; where clocks change, times are what clocks show.
    """
    check_days(query)
    terms = query.model_dump(exclude={"first_day", "last_day"})
    how = How(asking=asking, settings=desk.settings, **terms)
    putting = Putting(worker_id, query, body, how)
    return await desk.change(asking, putting.done)


def check_days(query: RosterQuery) -> None:
    """Raise ProblemError for days that are crossed or too many."""
    days = (query.last_day - query.first_day).days + 1
    if not 1 <= days <= _MOST_DAYS:
        raise invalid_fields(
            [("to", f"give 1 to {_MOST_DAYS} days, both ends included")], place="query"
        )


class Putting:
    """One roster that is put."""

    def __init__(self, worker_id: str, query: RosterQuery, body: RosterBody, how: How) -> None:  # noqa: PLR0917 - made once
        self._worker_id = worker_id
        self._body = body
        self._how = how
        self._first_day = query.first_day
        self._last_day = query.last_day

    def done(self, conn: psycopg.Connection) -> Changed:
        """Put it, and return what that has done."""
        before = self._read(conn)
        revision = _revision(before)
        if revision != self._body.revision and (before or self._body.revision is not None):
            raise changed_meanwhile(revision)
        since = newest_mark(conn)
        self._store(conn)
        after = self._read(conn)
        concerned = check_frozen(conn, since, self._how, may_keep=False)
        number = None
        key = f"{self._worker_id}/{self._first_day}/{self._last_day}"
        if before != after and not self._how.dry_run:
            asking = self._how.asking
            entry = Entry(
                asking.account_id or asking.reader,
                "roster",
                key,
                _told(before),
                _told(after),
                self._how.reason,
            )
            number = write_change(conn, entry, since=since, days=concerned.days)
        if self._how.dry_run:
            conn.rollback()
        return Changed(
            what="roster",
            key=key,
            revision=None,
            change_id=number,
            days_marked=concerned.days,
            verdicts_concerned=concerned.verdicts,
            dry_run=self._how.dry_run,
        )

    def _store(self, conn: psycopg.Connection) -> None:
        reach = reach_of(conn)
        self._check_mine(conn)
        beyond = {day for _, day in days_beyond(conn, [self._worker_id], reach)}
        days = set(_days(self._first_day, self._last_day))
        if beyond & days:
            raise invalid_fields(
                [("from", "there is duty elsewhere, too: it is for those who manage all of it")],
                place="query",
            )
        rows = self._rows()
        problems = Problems()
        zone = self._how.settings.zone
        free = days - {row.window.day(zone) for row in rows}
        values = {"worker_id": self._worker_id, "days": sorted(free)}
        # First, so that they are not in the way of what is put.
        conn.execute(_DROP, values)
        store(
            conn,
            Registers(roster=rows),
            problems,
            terms=Terms(zone=zone, reach=reach, adds=True, skips_same=True),
        )
        if problems.rows:
            raise invalid_fields(problems.rows)

    def _check_mine(self, conn: psycopg.Connection) -> None:
        statement = _IS_MINE + MY_WORKER + ")"
        found = conn.execute(statement, {"worker_id": self._worker_id}).fetchone()
        if found is None or not found[0]:
            raise unknown("worker", self._worker_id)

    def _rows(self) -> list[DutyRow]:
        rows, wrong = [], []
        for number, given in enumerate(self._body.windows):
            where = f"windows.{number}"
            try:
                rows.append(DutyRow(window=self._window(given), where=where))
            except (InputError, ValueError, OverflowError) as error:
                wrong.append((where, str(error)))
        if wrong:
            raise invalid_fields(wrong)
        return rows

    def _window(self, given: GivenWindow) -> DutyWindow:
        zone = self._how.settings.zone
        if not self._first_day <= given.day <= self._last_day:
            raise InputError(f"day {given.day} is not among the days that are put")
        if given.start.tzinfo is not None or given.end.tzinfo is not None:
            raise InputError("start and end are local times: leave their offsets out")
        overnight = timedelta(days=given.end <= given.start)
        start = at_local(given.day, given.start, zone)
        end = at_local(given.day + overnight, given.end, zone)
        return DutyWindow(WorkerId(self._worker_id), Interval(start, end), Grid(given.grid_id))

    def _read(self, conn: psycopg.Connection) -> list[RosterWindow]:
        values = {
            "worker_id": self._worker_id,
            "first_day": self._first_day,
            "last_day": self._last_day,
        }
        return [
            RosterWindow(day=day, grid_id=grid, start_at=start, end_at=end)
            for day, grid, start, end in conn.execute(_WINDOWS, values)
        ]


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _revision(windows: list[RosterWindow]) -> str:
    text = "\n".join(f"{one.grid_id} {one.start_at} {one.end_at}" for one in windows)
    return sha256(text.encode()).hexdigest()[:16]


def _told(windows: list[RosterWindow]) -> dict[str, Any]:
    return {"windows": [one.model_dump(mode="json") for one in windows]}
