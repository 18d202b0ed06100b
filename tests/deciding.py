"""The known worker-day with people who decide about it, and what they say."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.accounts import AREAS, Held, add_account
from tests.asking import DAY, TOKEN, Asker, asking, execute, fill, write_tokens

FINDING = """
insert into finding (worker_id, day, kind, start_at, end_at, evidence, found_at) values
    ('W1', '2026-11-20', 'mock_location', '2026-11-20 01:00Z', '2026-11-20 01:10Z',
     '{"fixes": 60, "share_pct": 100}', '2026-11-20 09:00Z'),
    ('W2', '2026-11-20', 'mock_location', '2026-11-20 06:10Z', '2026-11-20 06:20Z',
     '{"fixes": 60, "share_pct": 100}', now());
"""
# Requirements by which verdicts of W1 turn at three hours of visits.
REQUIRED = """
update daily_compliance
   set visit_code = 'visits_met', visit_values = '{"low_s": 8000, "high_s": 11500, "required_s": 7200}'
 where worker_id = 'W1';
"""
# Nothing of this is decided; a fresh page for each test.
FRESH = """
truncate correction, corrected_day, decision_event, frozen_month, frozen_day, recomputed_day,
         unlocking, appeal, finding, change_log restart identity cascade;
update daily_compliance set assessed_at = now() - interval '1 hour';
"""
MONTH = "/v1/months/2026-11"
CORRECTIONS = f"/v1/workers/W1/days/{DAY}/corrections"


class Office:
    """Everybody with an account, by name, who asks and decides."""

    def __init__(self, dsn: str, ask: Asker) -> None:
        self.dsn = dsn
        self.ask = ask
        self.tokens = {
            "li": add_account(dsn, "li", Held("worker"), worker_id="W1"),
            "wang": add_account(dsn, "wang", Held("worker"), worker_id="W2"),
            # A supervisor who walks, too.
            "zhao": add_account(
                dsn, "zhao", Held("area_supervisor"), Held("worker"), worker_id="W3"
            ),
            "chen": add_account(dsn, "chen", Held("area_supervisor")),
            "ma": add_account(dsn, "ma", Held("area_supervisor")),
            "east": add_account(dsn, "east", Held("grid_supervisor", None, "G1")),
            "west": add_account(dsn, "west", Held("area_supervisor", "D2")),
            "auditor": add_account(dsn, "auditor", Held("auditor")),
            "admin": add_account(dsn, "admin", Held("administrator")),
            "root": add_account(dsn, "root", Held("administrator")),
            "file": TOKEN,
        }

    def get(self, who: str, path: str) -> httpx.Response:
        """Return the answer to somebody who asks."""
        return self.ask.get(path, token=self.tokens[who])

    def post(self, who: str, path: str, **body: object) -> httpx.Response:
        """Return the answer to somebody who decides."""
        return self.ask.send("POST", path, body, token=self.tokens[who])

    def say(self, who: str, path: str, **body: object) -> dict:
        """Return the document that somebody gets who decides, which must succeed."""
        answer = self.post(who, path, **body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def read(self, who: str, path: str) -> dict:
        """Return the document that somebody reads, which must be there."""
        answer = self.get(who, path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def run(self, statements: str) -> None:
        """Run SQL of the test's own."""
        execute(self.dsn, statements)


def problem(answer: httpx.Response) -> tuple[int, str]:
    """Return the status and the kind of what went wrong."""
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


@contextmanager
def office(dsn: str, folder: Path) -> Iterator[Office]:
    """Give everybody, in a database with the known worker-day."""
    fill(dsn)
    execute(dsn, AREAS + REQUIRED)
    with asking(dsn, write_tokens(folder / "tokens", TOKEN)) as ask:
        yield Office(dsn, ask)
