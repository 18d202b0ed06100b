"""A command of ours by a clock that steps: `python -m simulator.chaos.clocked FILE ingest run`.

FILE holds by how many seconds the machine's clock is ahead; whoever writes it steps the clock.
Only the time of day steps, as it does when it is set; what measures spans goes on.
"""

import sys
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import patch

from runtime import clock
from runtime.cli import run


def clocked(arguments: list[str], file: Path) -> int:
    """Return the exit code of the command in `arguments`."""
    right = clock.utc_now

    def stepped() -> datetime:
        return right() + timedelta(seconds=int(file.read_text(encoding="utf-8")))

    # Before any room is loaded: they take the function by its name.
    with patch.object(clock, "utc_now", stepped):
        return run(arguments)


if __name__ == "__main__":
    sys.exit(clocked(sys.argv[2:], Path(sys.argv[1])))
