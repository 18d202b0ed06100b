"""Versions of parameters in the database, and the one in force."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import NamedTuple

import psycopg
from psycopg.types.json import Jsonb

from ingest.parameters.models import main_model, read_models
from ingest.parameters.sets import BUILT_IN, ParameterSet
from patrol.compliance import Rules
from patrol.errors import InputError, StateError
from patrol.learning import ReceiverParameters
from patrol.track import FixColumns

_IN_FORCE = "select version from parameters_in_force"

_MODELS_OF = "select models from parameter_set where version = %(version)s"

_LIST = """
-- all versions, the oldest first, and since when one is in force
select p.version, p.made_at, p.from_day, p.to_day, p.worker_days,
       array(select jsonb_object_keys(p.models) order by 1), f.since_at
  from parameter_set p
  left join parameters_in_force f using (version)
 order by p.made_at, p.version
"""

_BE_ALONE = "lock table parameter_set in share row exclusive mode"

_COUNT = """
-- the highest number of a version of that day
select coalesce(max(substring(version from '\\d+$')::integer), 0) from parameter_set
 where version like %(prefix)s || '%%'
"""

_PUT = """
insert into parameter_set (version, from_day, to_day, worker_days, rules_version, read_with, models)
values (%(version)s, %(from)s, %(to)s, %(worker_days)s, %(rules_version)s, %(read_with)s, %(models)s)
"""

_USE = "update parameters_in_force set version = %(version)s, since_at = now()"


class Listed(NamedTuple):
    """A version: when and from which days it was made, of which models, and whether in force."""

    version: str
    made_at: datetime
    from_day: date
    to_day: date
    worker_days: int
    models: list[str]
    since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What was learned, from which days (the last one included), and how these were read."""

    from_day: date
    to_day: date
    worker_days: int
    read_with: ParameterSet
    models: Mapping[str, ReceiverParameters]


class InForce:
    """The parameters in force: those of the moment in which each day is judged."""

    def __init__(self, conn: psycopg.Connection) -> None:
        self._conn = conn
        self._known = BUILT_IN
        self._models: dict[int, str] | None = None

    def parameters(self) -> ParameterSet:
        """Return the set in force now."""
        version = version_in_force(self._conn)
        if version != self._known.version:
            self._known = read_set(self._conn, version)
        return self._known

    def model_of(self, fixes: FixColumns) -> str | None:
        """Return the model of terminal that a worker-day was recorded by."""
        if self._models is None:
            self._models = read_models(self._conn)
        return main_model(fixes, self._models)

    def rules_for(self, fixes: FixColumns, rules: Rules) -> Rules:
        """Return `rules` with what is known of the model that fixes came from."""
        return self.parameters().rules_for(rules, self.model_of(fixes))


def version_in_force(conn: psycopg.Connection) -> str:
    """Return the version in force."""
    row = conn.execute(_IN_FORCE).fetchone()
    if row is None:
        raise StateError(
            "the table parameters_in_force has lost its row: "
            "put it back with `insert into parameters_in_force default values`"
        )
    return row[0] or BUILT_IN.version


def read_set(conn: psycopg.Connection, version: str) -> ParameterSet:
    """Return a version of parameters.

    Raises InputError where there is none of that name.
    """
    if version == BUILT_IN.version:
        return BUILT_IN
    row = conn.execute(_MODELS_OF, {"version": version}).fetchone()
    if row is None:
        known = ", ".join([BUILT_IN.version, *(one.version for one in list_sets(conn))])
        raise InputError(f"parameters {version} are not known; known: {known}")
    models = {model: ReceiverParameters(**known) for model, known in row[0].items()}
    return ParameterSet(version=version, models=models)


def list_sets(conn: psycopg.Connection) -> list[Listed]:
    """Return all versions that were learned, the oldest first."""
    return [Listed(*row) for row in conn.execute(_LIST)]


def store_lesson(conn: psycopg.Connection, lesson: Lesson, *, today: date) -> ParameterSet:
    """Store what was learned as a new version and put it in force, in one transaction."""
    with conn.transaction():
        # Two at once would give themselves the same name.
        conn.execute(_BE_ALONE)
        prefix = f"learned-{today.isoformat()}-"
        row = conn.execute(_COUNT, {"prefix": prefix}).fetchone()
        version = f"{prefix}{1 + (row[0] if row else 0)}"
        values = {
            "version": version,
            "from": lesson.from_day,
            "to": lesson.to_day,
            "worker_days": lesson.worker_days,
            "rules_version": Rules().version,
            "read_with": lesson.read_with.version,
            "models": Jsonb({model: asdict(one) for model, one in lesson.models.items()}),
        }
        conn.execute(_PUT, values)
        use_set(conn, version)
    return ParameterSet(version=version, models=lesson.models)


def use_set(conn: psycopg.Connection, version: str) -> None:
    """Put a version in force, or the built-in one; raises InputError for one not known."""
    known = read_set(conn, version)
    conn.execute(_USE, {"version": None if known is BUILT_IN else version})
