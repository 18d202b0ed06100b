"""The tree of MQTT topics: who speaks, about what.

The topic, never the payload, says which terminal is speaking (see docs/reference/wire.md).
"""

from dataclasses import dataclass
from enum import StrEnum

from patrol.errors import InputError
from patrol.ids import TerminalId, check_id, terminal_id

DEFAULT_ROOT = "gp/1"


class Kind(StrEnum):
    """The last word of a topic."""

    POSITION = "position"
    REPORT = "report"
    CHECKIN = "checkin"
    EVENT = "event"
    STATUS = "status"
    STORED = "stored"
    DUTY = "duty"
    DAY = "day"
    LIST = "list"


_KINDS = frozenset(Kind)
# What terminals say; on the others the server alone speaks.
UP = frozenset({Kind.POSITION, Kind.REPORT, Kind.CHECKIN, Kind.EVENT, Kind.STATUS})


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics under one root, e.g. `gp/1`; raises InputError when the root cannot be one."""

    root: str = DEFAULT_ROOT

    def __post_init__(self) -> None:
        for level in self.root.split("/"):
            check_id(level, what="topic root level")

    def of(self, terminal: TerminalId, kind: Kind) -> str:
        """Return the topic on which `terminal` and the server speak about `kind`."""
        return f"{self.root}/{terminal}/{kind}"

    def of_all(self, kind: Kind) -> str:
        """Return the filter that subscribes to `kind` of every terminal."""
        return f"{self.root}/+/{kind}"

    def read(self, topic: str) -> tuple[TerminalId, Kind]:
        """Return who speaks on `topic` and about what, or raise InputError."""
        if not topic.startswith(f"{self.root}/"):
            raise InputError(f"topic {topic[:120]!r} is not under {self.root!r}")
        terminal, _, kind = topic[len(self.root) + 1 :].partition("/")
        if kind not in _KINDS:
            raise InputError(
                f"topic {topic[:120]!r} is not {self.root}/<terminal_id>/<kind> "
                f"with a kind of {', '.join(Kind)}"
            )
        return terminal_id(terminal), Kind(kind)
