"""What the tables of a workflow describe, one kind of them each."""

import re
from collections.abc import Callable
from datetime import date, time
from typing import Final, TypeVar

from patrol.duty import read_zone
from patrol.errors import InputError
from patrol.workorders.calendar import Calendar, Hours
from patrol.workorders.reading.refused import check_is_of_places
from patrol.workorders.reading.tables import Table
from patrol.workorders.terms import (
    ActRule,
    Category,
    Concern,
    DuplicateRule,
    EscalationRule,
    Guide,
    Level,
    LimitRule,
    PlacingRule,
    QuotaRule,
    ReasonRule,
    Step,
    Until,
    VerificationRule,
    Words,
)
from patrol.workorders.values import ENDS, ActKind, Need, Party, Severity, StepKind

T = TypeVar("T")

AREA_KINDS: Final = ("city", "district", "street", "community")
# Enough for any district, and few enough to be held against one another.
MOST: Final = {
    "levels": 10,
    "steps": 40,
    "acts": 200,
    "reasons": 100,
    "categories": 100,
    "limits": 200,
    "escalations": 100,
}
_CLOCK: Final = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00")
_WEEK: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MOST_METRES: Final = 2_000.0
_MOST_MPS: Final = 10.0
_MOST_TIMES: Final = 100
_MOST_QUOTA: Final = 10_000
_HOURS_HINT: Final = 'must be hours in order, like ["08:30-12:00", "13:30-17:30"]'


def read_all(root: Table, key: str, read: Callable[[Table], T]) -> list[T]:
    """Return what a list of tables describes, each read to its last key."""
    found = []
    for table in root.tables(key, most=MOST[key]):
        found.append(read(table))
        table.finish()
    return found


def read_one(root: Table, key: str, read: Callable[[Table], T]) -> T:
    """Return what one table describes, read to its last key."""
    table = root.table(key)
    found = read(table)
    table.finish()
    return found


def read_calendar(table: Table) -> Calendar:
    """Return the working calendar."""
    try:
        zone = read_zone(table.text("time_zone"))
        hours = tuple(_read_hours(table, day) for day in _WEEK)
        extra = table.table("extra_days") if "extra_days" in table else Table({}, "")
        return Calendar(
            zone=zone,
            hours=hours,
            holidays=table.days("holidays"),
            extra_days={_day_of(extra, key): _read_hours(extra, key) for key in extra.left()},
        )
    except InputError as error:
        if str(error).startswith(table.where):
            raise
        raise InputError(f"{table.where}: {error}") from error


def read_level(table: Table) -> Level:
    """Return a level; only the two that are no area may be without one."""
    code = table.code("code")
    names = _named(table, code)
    area = table.code("area") if "area" in table else None
    if area is not None and area not in AREA_KINDS:
        raise table.fail("area", f"is {area!r}: use {', '.join(AREA_KINDS)}")
    if (area is None) != (code in (Party.GRID, Party.DEPARTMENT)) or code in (
        Party.REPORTER,
        Party.CLOCK,
    ):
        raise table.fail(
            "code", f"is {code!r}: levels of areas name their `area`; grid and department have none"
        )
    return Level(code=code, names=names, area=area)


def read_step(table: Table) -> Step:
    """Return a step; an end has neither level nor holder."""
    code = table.code("code")
    names, kind = _named(table, code), table.choice("kind", StepKind)
    if kind in ENDS:
        return Step(code=code, names=names, kind=kind, level=None, held_by=None)
    level, held_by = table.code("level"), table.code("held_by")
    return Step(code=code, names=names, kind=kind, level=level, held_by=held_by)


def read_act(table: Table) -> ActRule:
    """Return an act; its code is that of its kind where none is given."""
    kind = table.choice("kind", ActKind)
    code = table.code("code") if "code" in table else str(kind)
    return ActRule(
        code=code,
        names=_named(table, code),
        kind=kind,
        from_steps=table.codes("from"),
        to=table.code("to") if "to" in table else None,
        by=frozenset(table.codes("by")),
        needs=table.choices("needs", Need),
    )


def read_reason(table: Table) -> ReasonRule:
    """Return a reason."""
    code = table.code("code")
    return ReasonRule(code=code, names=_named(table, code), kinds=table.choices("acts", ActKind))


def read_category(table: Table) -> Category:
    """Return a category with its working guide."""
    code = table.code("code")
    return Category(
        code=code,
        names=_named(table, code),
        concern=table.choice("concern", Concern),
        severity=table.choice("severity", Severity),
        guide=read_one(table, "guide", _read_guide),
    )


def read_limit(table: Table) -> LimitRule:
    """Return a limit and what it is for."""
    return LimitRule(
        within=table.span("within"),
        until=table.choice("until", Until, default=Until.STEP),
        categories=frozenset(table.codes("categories")),
        severities=table.choices("severities", Severity),
        levels=frozenset(table.codes("levels")),
        steps=frozenset(table.codes("steps")),
    )


def read_escalation(table: Table) -> EscalationRule:
    """Return what time does in some steps."""
    rule = EscalationRule(
        steps=frozenset(table.codes("steps")),
        after=table.span("after"),
        every=table.span("every") if "every" in table else None,
        times=table.whole("times", most=_MOST_TIMES, default=1),
        to=table.code("to") if "to" in table else None,
        tells=table.code("tells") if "tells" in table else None,
    )
    if (rule.every is not None) != (rule.times > 1):
        raise table.fail("times", "above 1 and `every` go together: give both or neither")
    if rule.every is not None and rule.every.is_working != rule.after.is_working:
        raise table.fail("every", "and `after` must both be working time, or neither")
    if rule.to is not None and rule.times > 1:
        raise table.fail("times", "is once for an order that moves: leave `every` and `times` out")
    if rule.to is None and rule.tells is None:
        raise table.fail("tells", "or `to` is missing: say which level is told, or where it goes")
    return rule


def read_placing(table: Table) -> PlacingRule:
    """Return when a position tells the grid."""
    return PlacingRule(
        least_share=table.number("least_share", (0.5, 1.0)),
        walking_mps=table.number("walking_mps", (0.0, _MOST_MPS)),
    )


def read_duplicates(table: Table) -> DuplicateRule:
    """Return which reports may be about one matter."""
    radius_m = table.number("radius_m", (0.0, _MOST_METRES))
    return DuplicateRule(radius_m=radius_m, within=table.clock_span("within"))


def read_verification(table: Table) -> VerificationRule:
    """Return what is near enough to a place."""
    return VerificationRule(
        within_m=table.number("within_m", (0.0, _MOST_METRES)),
        oldest_fix=table.clock_span("oldest_fix"),
        own_settled=table.truth("own_settled"),
    )


def read_quota(table: Table) -> QuotaRule:
    """Return the quota."""
    return QuotaRule(valid_reports_a_month=table.whole("valid_reports_a_month", most=_MOST_QUOTA))


def _named(table: Table, code: str) -> Words:
    check_is_of_places(code, where=table.path("code"))
    return checked_words(table, "name")


def checked_words(table: Table, key: str) -> Words:
    """Return words in both languages that ask nobody who somebody is."""
    words = table.words(key)
    for language, text in words.items():
        check_is_of_places(text, where=f"{table.path(key)}.{language}")
    return words


def _read_guide(table: Table) -> Guide:
    return Guide(
        look_at=checked_words(table, "look_at"),
        photograph=checked_words(table, "photograph"),
        climb_when=checked_words(table, "climb_when"),
    )


def _read_hours(table: Table, key: str) -> Hours:
    found: list[tuple[time, time]] = []
    for text in table.texts(key):
        start, _, end = text.partition("-")
        hours = (_clock(table, key, start), _clock(table, key, end))
        # An end of midnight is written 24:00 and kept as the next day's 00:00.
        is_in_order = end == "24:00" or hours[0] < hours[1]
        is_after = not found or time() < found[-1][1] <= hours[0]
        if not is_in_order or not is_after or start == "24:00":
            raise table.fail(key, _HOURS_HINT)
        found.append(hours)
    return tuple(found)


def _clock(table: Table, key: str, text: str) -> time:
    if not _CLOCK.fullmatch(text):
        raise table.fail(key, _HOURS_HINT)
    return time() if text == "24:00" else time.fromisoformat(text)


def _day_of(table: Table, key: str) -> date:
    try:
        return date.fromisoformat(key)
    except ValueError as error:
        raise table.fail(key, 'must be a day in quotes, like "2026-10-10"') from error
