"""Coverage: which checkpoints, streets or parts of a grid a worker reached on duty.

Each is reached, not reached, or unknown: what somebody had the time to reach while the
terminal was silent is never held against them. docs/explanation/coverage.md has the method
and what it is worth.
"""

from patrol.coverage.day import bounds_of, find_day_coverage, routes_in
from patrol.coverage.routes import Route, find_coverage
from patrol.coverage.streets import Street, Streets, read_lines
from patrol.coverage.targets import (
    Checkpoint,
    CheckpointPass,
    Coverage,
    CoverageKind,
    CoverageRules,
    Reach,
    Target,
)

__all__ = [
    "Checkpoint",
    "CheckpointPass",
    "Coverage",
    "CoverageKind",
    "CoverageRules",
    "Reach",
    "Route",
    "Street",
    "Streets",
    "Target",
    "bounds_of",
    "find_coverage",
    "find_day_coverage",
    "read_lines",
    "routes_in",
]
