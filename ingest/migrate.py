"""The schema, as plain numbered SQL files: each applied once, in order, whole or not at all.

Any number of starters may migrate at the same time: one works, the others wait and find
nothing to do. A file that was changed after it had been applied is refused.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

import psycopg
import structlog

from patrol.errors import StateError

log = structlog.get_logger()

# Any number, as long as every version of this program uses the same one.
_LOCK = 4_722_166_880

_TAKE_LOCK = "select pg_advisory_xact_lock(%(lock)s)"

_MAKE_LEDGER = """
-- which migrations this database has had
create table if not exists schema_migration (
    number      integer primary key,
    name        text not null,
    checksum    text not null,
    applied_at  timestamptz not null default now()
)
"""

_READ_LEDGER = "select number, name, checksum from schema_migration order by number"

_WRITE_LEDGER = """
insert into schema_migration (number, name, checksum)
values (%(number)s, %(name)s, %(checksum)s)
"""

_HAS_LEDGER = "select to_regclass('schema_migration') is not null"

_HAS_EXTENSION = """
-- an extension that must be preloaded can be on the disk and still be of no use; what is
-- preloaded is not for every user to see
select 1 from pg_available_extensions e
 where e.name = %(name)s
   and (e.installed_version is not null
        or exists (select 1 from pg_settings s
                    where s.name = 'shared_preload_libraries'
                      and e.name = any(string_to_array(replace(s.setting, ' ', ''), ','))))
"""

_FILE_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
_REQUIRES = re.compile(r"^-- requires: (\w+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, order=True)
class Migration:
    """One file: its number, name and text, and the extension without which it is left out."""

    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the text."""
        return hashlib.sha256(self.sql.encode()).hexdigest()

    @property
    def extension(self) -> str | None:
        """The extension that the file requires, if any."""
        found = _REQUIRES.search(self.sql)
        return found.group(1) if found else None


def migrate(dsn: str, folder: Traversable | None = None) -> list[str]:
    """Bring the database up to date and return the names of the files applied now.

    Raises StateError when an applied file was changed since, or when the database is newer
    than this program.
    """
    migrations = read_migrations(folder or files("ingest") / "migrations")
    applied = []
    with psycopg.connect(dsn, autocommit=True) as conn:
        for migration in migrations:
            if _apply(conn, migration, migrations):
                log.info("ingest.migrated", file=migration.name)
                applied.append(migration.name)
    return applied


def check_migrated(dsn: str) -> None:
    """Raise StateError that says what to do when the schema is not what this program needs.

    A database that cannot be reached is no reason to give up: it may be starting.
    """
    try:
        with psycopg.connect(dsn) as conn:
            migrations = read_migrations(files("ingest") / "migrations")
            had = _check_ledger(conn, migrations) if _has_ledger(conn) else set()
            missing = [one.name for one in migrations if one.number not in had]
            needed = [one.name for one in migrations if one.name in missing and not one.extension]
    except psycopg.OperationalError:
        return
    if needed:
        raise StateError(
            f"the database lacks {', '.join(needed)}: run `patrol ingest migrate` first"
        )


def read_migrations(folder: Traversable) -> list[Migration]:
    """Return the migrations in `folder`, in order; two with one number raise StateError."""
    found = sorted(
        Migration(int(match.group(1)), entry.name, entry.read_text(encoding="utf-8"))
        for entry in folder.iterdir()
        if (match := _FILE_NAME.fullmatch(entry.name))
    )
    numbers = [migration.number for migration in found]
    if len(set(numbers)) != len(numbers):
        raise StateError(f"two migrations in {folder} share a number: rename one")
    return found


def _apply(conn: psycopg.Connection, migration: Migration, known: Iterable[Migration]) -> bool:
    with conn.transaction():
        conn.execute(_TAKE_LOCK, {"lock": _LOCK})
        conn.execute(_MAKE_LEDGER)
        if migration.number in _check_ledger(conn, known):
            return False
        if not _is_possible(conn, migration):
            return False
        # No parameters, so the file may hold many statements; it is our own text.
        conn.execute(migration.sql.encode())
        conn.execute(
            _WRITE_LEDGER,
            {
                "number": migration.number,
                "name": migration.name,
                "checksum": migration.checksum,
            },
        )
    return True


def _has_ledger(conn: psycopg.Connection) -> bool:
    return conn.execute(_HAS_LEDGER).fetchone() == (True,)


def _check_ledger(conn: psycopg.Connection, known: Iterable[Migration]) -> set[int]:
    ours = {migration.number: migration for migration in known}
    had = set()
    for number, name, checksum in conn.execute(_READ_LEDGER):
        if number not in ours:
            raise StateError(
                f"the database has had migration {name}, which this program does not know: "
                "install the version that made it, or a newer one"
            )
        if ours[number].checksum != checksum:
            raise StateError(
                f"migration {name} was changed after it had been applied: "
                "restore the file and put the change into a new one"
            )
        had.add(number)
    return had


def _is_possible(conn: psycopg.Connection, migration: Migration) -> bool:
    if migration.extension is None:
        return True
    return conn.execute(_HAS_EXTENSION, {"name": migration.extension}).fetchone() is not None
