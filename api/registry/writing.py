"""Putting, changing and taking away one entry, in the transaction of a `Desk`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import psycopg
from psycopg.rows import dict_row
from pydantic import TypeAdapter

from api.registry.kinds import ASSIGNMENTS, EXCUSES, Kind
from api.registry.problems import changed_meanwhile, invalid_fields, month_frozen, unknown
from api.registry.reaching import reach_of
from api.registry.settings import RegistrySettings
from api.registry.shapes import Body, Changed
from api.views import Asking
from patrol.registers.files import Features, Problems, Source, Table
from patrol.registers.registers import read_registers
from runtime.registers import tables
from runtime.registers.changes import Entry, Touched, newest_mark, touched, write_change
from runtime.registers.load import Terms, store
from runtime.registers.neighbours import grids_near, known_places

State = Mapping[str, Any]

_ANY: Final = TypeAdapter[Any](Any)

_MARK_SPAN: Final = """
-- worker-days with duty in a span
insert into dirty_day (worker_id, day)
select distinct worker_id, day from duty_window
 where start_at < coalesce(%(end)s::timestamptz, 'infinity') and end_at > %(start)s
   and (%(worker_id)s::text is null or worker_id = %(worker_id)s)
   and (%(grid_id)s::text is null or grid_id = %(grid_id)s)
"""

_PUT_VALIDITY: Final = """
-- what a file may leave as it is, but who puts a grid says
update grid set area_id = %(area_id)s, valid_from = %(valid_from)s, valid_to = %(valid_to)s
 where grid_id = %(key)s
   and (area_id, valid_from, valid_to)
       is distinct from (%(area_id)s::text, %(valid_from)s::date, %(valid_to)s::date)
"""

_DOUBLE: Final = """
-- another term of the same terminal at the same time
select b.worker_id, b.valid_from
  from assignment a
  join assignment b on b.terminal_id = a.terminal_id and b.assignment_id <> a.assignment_id
   and b.valid_from < coalesce(a.valid_to, 'infinity')
   and a.valid_from < coalesce(b.valid_to, 'infinity')
 where a.assignment_id = %(key)s
"""

_DUTY_OUTSIDE: Final = """
-- duty on days on which the grid is none
select min(day), count(*) from duty_window
 where grid_id = %(key)s
   and (day < %(valid_from)s::date or day >= %(valid_to)s::date)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """On which terms a change is made."""

    asking: Asking
    settings: RegistrySettings
    revision: int | None = None
    reason: str = ""
    dry_run: bool = False
    keep_frozen: bool = False


class Writing:
    """The changes of one kind of entry in one transaction."""

    def __init__(self, conn: psycopg.Connection, kind: Kind, how: How) -> None:
        self._conn = conn
        self._kind = kind
        self._how = how
        self._since = newest_mark(conn)

    def put(self, key: object, body: Body) -> Changed:
        """Make the entry `key` what `body` says; None is a new one that gets a number."""
        kind = self._kind
        before = self._before(key)
        given = body.model_dump(exclude={"revision"})
        check_span(kind, given)
        if kind.register is not None:
            self._store(str(key), given)
        else:
            key = self._write(key, given, is_new=before is None)
            self._mark(before)
            self._mark(given)
        self._check_double(key)
        after = self._find(key)
        if after is None:
            raise invalid_fields([("body", "this would lie outside of what you may change")])
        return self._settle(str(key), before, after)

    def remove(self, key: object) -> Changed:
        """Take the entry away; ProblemError where something refers to it."""
        kind = self._kind
        before = self._before(key)
        if before is None:
            raise unknown(kind.what, key)
        near = self._dependent(before, str(key))
        statement = f"delete from {kind.table} where {kind.key} = %(key)s"  # noqa: S608 - own texts
        self._conn.execute(statement.encode(), {"key": key})
        everything = kind.register == "places"
        tables.mark_days(self._conn, workers=(), grids=near, everything=everything)
        self._mark(before)
        return self._settle(str(key), before, None)

    def _find(self, key: object) -> State | None:
        kind = self._kind
        statement = (
            f"select {kind.selected} from {kind.table} t"  # noqa: S608 - texts of this program
            f" where t.{kind.key} = %(key)s and {kind.only} and {kind.mine}"
        )
        return self._row(statement, {"key": key})

    def _before(self, key: object) -> State | None:
        before = None if key is None else self._find(key)
        if before is None and key is not None and (self._kind.is_numbered or self._exists(key)):
            raise unknown(self._kind.what, key)
        there = None if before is None else before["revision"]
        if there != self._how.revision:
            raise changed_meanwhile(there)
        return before

    def _exists(self, key: object) -> bool:
        kind = self._kind
        statement = f"select from {kind.table} t where t.{kind.key} = %(key)s"
        return self._conn.execute(statement.encode(), {"key": key}).fetchone() is not None

    def _store(self, key: str, given: State) -> None:
        kind = self._kind
        problems = Problems()
        registers = read_registers({str(kind.register): source_of(kind, key, given)}, problems)
        if kind.register == "grids":
            self._check_duty(key, given)
        if not problems.rows:
            terms = Terms(
                zone=self._how.settings.zone, reach=reach_of(self._conn), adds=True, skips_same=True
            )
            store(self._conn, registers, problems, terms=terms)
        if problems.rows:
            raise invalid_fields((_field(kind, reason), reason) for _, reason in problems.rows)
        if kind.register == "grids":
            self._conn.execute(_PUT_VALIDITY, {"key": key, **given})

    def _check_duty(self, key: str, given: State) -> None:
        found = self._conn.execute(_DUTY_OUTSIDE, {"key": key, **given}).fetchone()
        first, count = found or (None, 0)
        if count:
            raise invalid_fields(
                [("valid_to", f"{count} duty windows are on other days, the first on {first}")]
            )

    def _check_double(self, key: object) -> None:
        if self._kind is not ASSIGNMENTS:
            return
        for worker, valid_from in self._conn.execute(_DOUBLE, {"key": key}):
            raise invalid_fields(
                [("valid_from", f"{worker} has it at that time, from {valid_from}: end that first")]
            )

    def _write(self, key: object, given: State, *, is_new: bool) -> object:
        kind = self._kind
        values = {"key": key, **given}
        if not is_new:
            pairs = ", ".join(f"{column} = %({name})s" for name, column in kind.columns.items())
            statement = f"update {kind.table} set {pairs} where {kind.key} = %(key)s"  # noqa: S608 - own texts
            self._conn.execute(statement.encode(), values)
            return key
        columns = list(kind.columns.values())
        places = [f"%({name})s" for name in kind.columns]
        if key is not None:
            columns, places = [kind.key, *columns], ["%(key)s", *places]
        statement = (
            f"insert into {kind.table} ({', '.join(columns)})"  # noqa: S608 - own texts
            f" values ({', '.join(places)}) returning {kind.key} as key"
        )
        return (self._row(statement, values) or {})["key"]

    def _mark(self, state: State | None) -> None:
        kind = self._kind
        if state is None or kind.span is None:
            return
        start, end = kind.span
        values = {
            "start": state[start],
            "end": state[end],
            "worker_id": state["worker_id"],
            # Duty in whatever grid: it is another one that is covered.
            "grid_id": state["grid_id"] if kind is EXCUSES else None,
        }
        self._conn.execute(_MARK_SPAN, values)

    def _dependent(self, before: State, key: str) -> list[str]:
        if self._kind.register == "premises":
            areas = tables.outlines(self._conn, tables.known_ids(self._conn, "grid"))
            near = grids_near(areas, (), known_places(self._conn, [key]))
            return sorted({before["grid_id"]} | near)
        return [before["grid_id"]] if self._kind.register == "checkpoints" else []

    def _settle(self, key: str, before: State | None, after: State | None) -> Changed:
        kind, how = self._kind, self._how
        # What has a date of its own can leave a frozen month out; what has none cannot.
        concerned = check_frozen(self._conn, self._since, how, may_keep=kind.register is not None)
        number = None
        if before != after and not how.dry_run:
            who = how.asking.account_id or how.asking.reader
            entry = Entry(who, kind.what, key, stored(before), stored(after), how.reason)
            number = write_change(self._conn, entry, since=self._since, days=concerned.days)
        if how.dry_run:
            self._conn.rollback()
        return Changed(
            what=kind.what,
            key=key,
            revision=None if after is None else after["revision"],
            change_id=number,
            days_marked=concerned.days,
            verdicts_concerned=concerned.verdicts,
            dry_run=how.dry_run,
        )

    def _row(self, statement: str, values: State) -> State | None:
        with self._conn.cursor(row_factory=dict_row) as cursor:
            cursor.execute(statement.encode(), values)
            return cursor.fetchone()


def check_frozen(conn: psycopg.Connection, since: int, how: How, *, may_keep: bool) -> Touched:
    """Return what is marked behind `since`; ProblemError where that is of a frozen month."""
    concerned = touched(conn, since)
    if concerned.frozen_months and not (how.keep_frozen and may_keep):
        raise month_frozen(concerned.frozen_months, may_keep=may_keep)
    return concerned


def stored(state: State | None) -> State | None:
    """Return a state as the log of changes keeps it."""
    kept: State | None = _ANY.dump_python(state, mode="json")
    return kept


def check_span(kind: Kind, given: State) -> None:
    """Raise ProblemError for a term that ends before it begins."""
    for first, end in (("valid_from", "valid_to"), ("start_at", "end_at")):
        start, stop = given.get(first), given.get(end)
        if start is not None and stop is not None and stop <= start:
            raise invalid_fields([(end, f"is not after {first} of this {kind.what}")])


def source_of(kind: Kind, key: str, given: State) -> Source:
    """Return an entry as a register of one row."""
    if "geometry" in given:
        properties = {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in given.items()
            if name != "geometry" and value is not None
        }
        feature = {"properties": {kind.key: key, **properties}, "geometry": given["geometry"]}
        return Features("body", [feature])
    if kind.register == "workers":
        return Table("body", [("worker_id", "name"), (key, given["name"])])
    header = ("terminal_id", "model", "worker_id", "valid_from", "valid_to")
    return Table("body", [header, (key, given["model"], "", "", "")])


def _field(kind: Kind, reason: str) -> str:
    named = (name for name in (kind.key, *kind.columns) if name in reason)
    return next(named, "geometry" if "geometry" in kind.columns else "body")
