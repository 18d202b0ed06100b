"""`python -m tests.screen`: the real API on a simulated day, for tests of the screen.

Prints one line of JSON when it can be asked, and ends when its standard input does.
"""

import json
import sys
import tempfile
import time
import urllib.request
from datetime import date, datetime, timedelta
from pathlib import Path

from ingest.migrate import migrate
from simulator.services import EmbeddedPostgres, end_child, free_port, start_child
from tests.accounts import PASSWORD
from tests.asking import TOKEN, write_tokens
from tests.district import SHANGHAI
from tests.screen.filling import add_people, fill
from tests.screen.reporting import report
from tests.screen.waiting import add_waiting

_STARTS_WITHIN_S = 60.0
_LOOK_AGAIN_S = 0.2


def main() -> int:
    """Serve until whoever started this lets go."""
    with tempfile.TemporaryDirectory(prefix="patrol-screen-") as name:
        folder = Path(name)
        database = EmbeddedPostgres(folder / "postgres")
        database.start()
        try:
            return _serve(database.dsn, folder)
        finally:
            database.stop()


def _serve(dsn: str, folder: Path) -> int:
    migrate(dsn)
    # Over everywhere on Earth, so that nothing of it is still being judged.
    day = date.today() - timedelta(days=2)  # noqa: DTZ011 - any day near today does
    city = folder / "city"
    city.mkdir()
    fill(dsn, city, day)
    add_people(dsn)
    url = f"http://127.0.0.1:{(port := free_port())}"
    photos = folder / "photos"
    photos.mkdir()
    add_waiting(dsn, day)
    api = start_child(
        [sys.executable, "-c", "from runtime.cli import main; main()", "api", "run"],
        log=folder / "api.log",
        environment={
            "PATROL_DATABASE_DSN": dsn,
            "PATROL_API_PORT": str(port),
            "PATROL_API_TOKENS_FILE": str(write_tokens(folder / "tokens", TOKEN)),
            "PATROL_API_PHOTO_FOLDER": str(photos),
            "PATROL_API_TERMINAL_TOKENS_FILE": str(write_tokens(folder / "terminals", TOKEN)),
        },
    )
    try:
        _wait(url, folder / "api.log")
        _report(url, city, day)
        said = {"url": url, "day": day.isoformat(), "password": PASSWORD}
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()
        sys.stdin.read()
    finally:
        api.terminate()
        end_child(api)
    return 0


def _report(url: str, city: Path, day: date) -> None:
    grid = json.loads((city / "grids.geojson").read_text())["features"][0]
    at = datetime.combine(day, datetime.min.time(), SHANGHAI) + timedelta(hours=11)
    report(url, "li", at=at, grid=grid)


def _wait(url: str, log: Path) -> None:
    until = time.monotonic() + _STARTS_WITHIN_S
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{url}/v1/health", timeout=1):  # noqa: S310 - our own
                return
        except OSError:
            time.sleep(_LOOK_AGAIN_S)
    raise SystemExit(f"the API does not answer:\n{log.read_text()}")


if __name__ == "__main__":
    raise SystemExit(main())
