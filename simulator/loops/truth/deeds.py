"""What somebody does about a matter, said so that it can be done in the real thing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    """Who does something: the account, the worker that it is of, and what they are in the place."""

    account_id: str
    parties: frozenset[str]
    worker_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One thing that somebody does at a moment, in seconds since 1970.

    A report is the deed `report`: `text`, `photos` and `category` are what it tells, and it has
    no position when `lat_e7` is None. `part_id` is an order that is split off, `into_id` the one
    into which it is merged.
    """

    at_s: int
    order_id: str
    what: str
    who: Person
    reason: str | None = None
    text: str | None = None
    photos: tuple[str, ...] = ()
    department_id: str | None = None
    category: str | None = None
    severity: str | None = None
    part_id: str | None = None
    into_id: str | None = None
    report_id: str | None = None
    terminal_id: str | None = None
    lat_e7: int | None = None
    lon_e7: int | None = None
