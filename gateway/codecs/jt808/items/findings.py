"""What items say, gathered while they are read."""

from collections.abc import Callable
from typing import TypeAlias

from gateway.codecs.events import Value

_MOST_PCT = 100


class Findings:
    """What items say, gathered while they are read."""

    alarms: tuple[str, ...] = ()
    battery_pct: int | None = None
    hdop: float | None = None
    satellites: int | None = None

    def __init__(self, attributes: dict[str, Value]) -> None:
        self.attributes = attributes

    def charge(self, pct: float) -> None:
        """Take a battery's level, unless it is more than full."""
        if pct <= _MOST_PCT:
            self.battery_pct = round(pct)

    def add(self, name: str, thing: Value) -> None:
        """Add to a list among the attributes."""
        things = self.attributes.get(name)
        self.attributes[name] = [*things, thing] if isinstance(things, list) else [thing]


# True when the value could be read.
Reader: TypeAlias = Callable[[bytes, Findings], bool]
