"""Which model of terminal a worker-day was recorded by."""

from collections import Counter
from collections.abc import Mapping

import numpy as np
import psycopg

from patrol.track import FixColumns

# The number that stands for a terminal among fixes, and its model.
_MODELS = "select hashtext(terminal_id), model from terminal"


def read_models(conn: psycopg.Connection) -> dict[int, str]:
    """Return the models of all terminals, by the numbers that fixes name terminals by."""
    return dict(conn.execute(_MODELS).fetchall())


def main_model(fixes: FixColumns, models: Mapping[int, str]) -> str | None:
    """Return the model that most fixes came from, or None where nobody can say.

    Of two with as many it is the last by name; terminals whose model is not told are one.
    """
    if fixes.terminal is None:
        return None
    counted: Counter[str] = Counter()
    for terminal, count in zip(*np.unique(fixes.terminal, return_counts=True), strict=True):
        counted[models.get(int(terminal), "")] += int(count)
    return max(counted, key=lambda model: (counted[model], model), default=None) or None
