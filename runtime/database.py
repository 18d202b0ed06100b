"""Where the database is: the one setting that every process on the server shares."""

from dataclasses import dataclass

from runtime.settings import setting

SECTION = "database"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSettings:
    """How to reach PostgreSQL."""

    dsn: str = setting(text="libpq connection string, e.g. postgresql:///patrol")
