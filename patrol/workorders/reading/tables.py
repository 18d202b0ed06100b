"""A table of TOML that is read key by key; whatever nobody asked for is refused with its path."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final, TypeVar

from patrol.errors import InputError
from patrol.reasons import LANGUAGES
from patrol.workorders.calendar import Span
from patrol.workorders.terms import Words

E = TypeVar("E", bound=StrEnum)

MOST_NAME_CHARS: Final = 300

_SHOWN_CHARS: Final = 64
_CODE: Final = re.compile(r"[a-z0-9][a-z0-9_]{0,63}")
_SPAN: Final = re.compile(r"([0-9]{1,5}) (working )?(min|h|d)")
_UNITS: Final = {
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
_SPAN_HINT: Final = 'write "30 min", "8 h", "2 d" or, of the calendar\'s time, "8 working h"'


class Table:
    """One table, at `where` in the document; lists of tables count from 1."""

    def __init__(self, given: object, where: str) -> None:
        if not isinstance(given, Mapping):
            raise InputError(f"{where} must be a table")
        self.where = where
        self._left: dict[str, Any] = dict(given)
        self._known: list[str] = []

    def __contains__(self, key: str) -> bool:
        return key in self._left

    def path(self, key: str) -> str:
        """Return where a key stands."""
        return f"{self.where}.{key}" if self.where else key

    def fail(self, key: str, what: str) -> InputError:
        """Return the error that something is wrong with a key."""
        return InputError(f"{self.path(key)} {what}")

    def finish(self) -> None:
        """Raise InputError when there are keys that nobody asked for."""
        for key in self._left:
            known = ", ".join(self._known)
            raise self.fail(key[:_SHOWN_CHARS], f"is not known here: use {known}")

    def text(self, key: str) -> str:
        """Return a text that is not empty."""
        value = self._take(key)
        if not isinstance(value, str) or not value.strip() or len(value) > MOST_NAME_CHARS:
            raise self.fail(key, f"must be a text of 1 to {MOST_NAME_CHARS} characters")
        return value

    def code(self, key: str) -> str:
        """Return a code: lower-case letters, digits, underscores."""
        value = self._take(key)
        if not isinstance(value, str) or not _CODE.fullmatch(value):
            raise self.fail(key, "must be a code of 1 to 64 of a-z 0-9 _")
        return value

    def codes(self, key: str) -> tuple[str, ...]:
        """Return a list of codes, empty where none is given."""
        values = self._take(key, default=[])
        if not isinstance(values, list) or not all(
            isinstance(one, str) and _CODE.fullmatch(one) for one in values
        ):
            raise self.fail(key, 'must be a list of codes, like ["grid"]')
        if len(set(values)) < len(values):
            raise self.fail(key, "names something twice: keep one")
        return tuple(values)

    def texts(self, key: str) -> list[str]:
        """Return a list of texts, empty where none is given."""
        values = self._take(key, default=[])
        if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
            raise self.fail(key, "must be a list of texts")
        return values

    def days(self, key: str) -> frozenset[date]:
        """Return a list of days, empty where none is given."""
        values = self._take(key, default=[])
        if not isinstance(values, list) or not all(type(one) is date for one in values):
            raise self.fail(key, "must be a list of days, like [2026-10-01]")
        return frozenset(values)

    def words(self, key: str) -> Words:
        """Return a name or a sentence in both languages."""
        table = self.table(key)
        found = {language: table.text(language) for language in LANGUAGES}
        table.finish()
        return found

    def number(
        self, key: str, bounds: tuple[float, float], *, default: float | None = None
    ) -> float:
        """Return a number above the first bound and up to the second."""
        value = self._take(key, default=default)
        low, high = bounds
        if type(value) not in (int, float) or not low < value <= high:
            raise self.fail(key, f"must be a number above {low:g}, at most {high:g}")
        return float(value)

    def whole(self, key: str, *, most: int, default: int | None = None) -> int:
        """Return a whole number from 1 on."""
        value = self._take(key, default=default)
        if type(value) is not int or not 1 <= value <= most:
            raise self.fail(key, f"must be a whole number from 1 to {most}")
        return value

    def truth(self, key: str) -> bool:
        """Return true or false."""
        value = self._take(key)
        if type(value) is not bool:
            raise self.fail(key, "must be true or false")
        return value

    def span(self, key: str) -> Span:
        """Return a length of time."""
        value = self._take(key)
        found = _SPAN.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            raise self.fail(key, f"is no length of time: {_SPAN_HINT}")
        number, is_working, unit = int(found[1]), found[2] is not None, found[3]
        if not number:
            raise self.fail(key, f"must be longer than nothing: {_SPAN_HINT}")
        if is_working and unit == "d":
            raise self.fail(key, f"days of work are not all as long: {_SPAN_HINT}")
        return Span(number * _UNITS[unit], is_working)

    def clock_span(self, key: str) -> timedelta:
        """Return a length of time by the clock."""
        found = self.span(key)
        if found.is_working:
            raise self.fail(key, 'is time of the clock: leave out "working"')
        return found.length

    def choice(self, key: str, kinds: type[E], *, default: E | None = None) -> E:
        """Return one of a few words."""
        value = self._take(key, default=default)
        return self._one_of(key, value, kinds)

    def choices(self, key: str, kinds: type[E]) -> frozenset[E]:
        """Return some of a few words, none where none is given."""
        return frozenset(self._one_of(key, one, kinds) for one in self.codes(key))

    def table(self, key: str) -> "Table":
        """Return a table in this one."""
        return Table(self._take(key), self.path(key))

    def tables(self, key: str, *, most: int) -> list["Table"]:
        """Return a list of tables in this one, empty where none is given."""
        values = self._take(key, default=[])
        if not isinstance(values, list):
            raise self.fail(key, f"must be a list of tables: write [[{key}]]")
        if len(values) > most:
            raise self.fail(key, f"holds {len(values)} tables: at most {most}")
        return [Table(one, f"{self.path(key)}[{n}]") for n, one in enumerate(values, start=1)]

    def left(self) -> list[str]:
        """Return the keys that nobody asked for so far."""
        return [*self._left]

    def _take(self, key: str, *, default: object = None) -> Any:  # noqa: ANN401 - a value of TOML
        self._known.append(key)
        if key in self._left:
            return self._left.pop(key)
        if default is None:
            raise self.fail(key, "is missing")
        return default

    def _one_of(self, key: str, value: object, kinds: type[E]) -> E:
        if value not in [*kinds]:
            raise self.fail(key, f"holds {str(value)[:64]!r}: use {', '.join(kinds)}")
        return kinds(str(value))
