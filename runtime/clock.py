"""The machine's clock, the only one; rules take their `now` as an argument."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from patrol.errors import InputError
from runtime.settings import load, setting

log = structlog.get_logger()

SECTION = "clock"

_FASTEST = 100_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockSettings:
    """Another time than the machine's, for days that are played; from the environment alone."""

    origin: str | None = setting(
        None, text="what time it is when the process starts, with its zone; none: the machine's"
    )
    rate: float = setting(1.0, text="seconds that pass a second after that; 0 stands still")

    def __post_init__(self) -> None:
        if not 0 <= self.rate <= _FASTEST:
            raise InputError(f"rate is {self.rate}: give 0 to {_FASTEST:.0f}")
        if self.origin is not None:
            _read(self.origin)


def utc_now() -> datetime:
    """Return the system time, UTC and aware. It may be wrong, and it may jump."""
    return datetime.now(UTC)


def chosen_clock(environment: Mapping[str, str] = os.environ) -> Callable[[], datetime]:
    """Return `utc_now`, or the clock of a played day where the environment sets one."""
    chosen = load(ClockSettings, SECTION, file={}, environment=environment)
    if chosen.origin is None:
        return utc_now
    origin, began_s = _read(chosen.origin), time.monotonic()
    log.warning(
        "clock.not_the_machines",
        origin=origin.isoformat(),
        rate=chosen.rate,
        advice="for demonstrations and tests: unset PATROL_CLOCK_ORIGIN anywhere else",
    )
    return lambda: origin + timedelta(seconds=(time.monotonic() - began_s) * chosen.rate)


def _read(origin: str) -> datetime:
    try:
        read = datetime.fromisoformat(origin)
    except ValueError as error:
        raise InputError(f"origin is {origin!r}, not like 2026-03-02T08:00:00+08:00") from error
    if read.tzinfo is None:
        raise InputError(f"origin is {origin!r}: give its zone, e.g. {origin}Z")
    return read.astimezone(UTC)
