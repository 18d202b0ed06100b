"""Work orders of tests: stored as the ingest and the API store them, and people who handle them."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import psycopg
from psycopg.rows import dict_row

from patrol.ids import GridId, WorkerId
from patrol.workorders.machine import open_order
from patrol.workorders.values import Opening, Place, Severity, Who
from runtime.clock import utc_now
from runtime.uuids import uuid7
from runtime.workorders.acting import write, writings_of
from runtime.workorders.workflows import Versions, newest_workflow
from tests.accounts import AREAS, Held, add_account
from tests.asking import Asker, execute, fill

PHOTO = "ab" * 32
# Li belongs to G1, Wang to G2; nobody is on duty now.
PEOPLE = """
insert into posting (worker_id, grid_id, post, valid_from) values
    ('W1', 'G1', 'A', '2026-01-01'), ('W2', 'G2', 'A', '2026-01-01');
insert into department (department_id, name) values ('LIGHTS', 'Lighting'), ('WATER', 'Water');
"""
# Who each is, by the name of the account.
CAST = {
    "li": [Held("worker")],
    "wang": [Held("worker")],
    "g1": [Held("grid_supervisor", None, "G1")],
    "g2": [Held("grid_supervisor", None, "G2")],
    "street": [Held("area_supervisor", "S1")],
    "east": [Held("area_supervisor", "D1")],
    "west": [Held("area_supervisor", "D2")],
    "chief": [Held("area_supervisor")],
    "lights": [Held("department", department_id="LIGHTS")],
    "water": [Held("department", department_id="WATER")],
    "root": [Held("administrator")],
    "audit": [Held("auditor")],
}
_WORKERS = {"li": "W1", "wang": "W2"}
AT_G1 = Place(399050000, 1164050000, 50, 5)


class Hands(NamedTuple):
    """Everybody who handles orders, and the database."""

    dsn: str
    ask: Asker
    tokens: dict[str, str]

    def act(self, who: str, order_id: str, act: str, **given: object) -> dict:
        """Do something to an order as it is, which must be done, and return the answer."""
        answer = self.try_to(who, order_id, act, **given)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def try_to(self, who: str, order_id: str, act: str, **given: object):
        """Return the answer to an act on an order as it is."""
        body = {"act": act, "revision": revision_of(self.dsn, order_id), **given}
        return self.ask.send("POST", f"/v1/orders/{order_id}/acts", body, token=self.tokens[who])

    def get(self, who: str, path: str):
        """Return the answer to somebody."""
        return self.ask.get(path, token=self.tokens[who])

    def read(self, who: str, path: str) -> dict:
        """Return what somebody is told, who must be told something."""
        answer = self.get(who, path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def inbox(self, who: str, more: str = "") -> list[str]:
        """Return the ids of what waits for somebody."""
        found = self.read(who, f"/v1/orders/inbox?limit=500{more}")
        return [one["order_id"] for one in found["orders"]]


def people(dsn: str) -> dict[str, str]:
    """Put the known district and everybody into a database; return their tokens."""
    fill(dsn)
    execute(dsn, AREAS)
    execute(dsn, PEOPLE)
    return {
        name: add_account(dsn, name, *held, worker_id=_WORKERS.get(name))
        for name, held in CAST.items()
    }


def opened(
    dsn: str,
    grid_id: str | None = "G1",
    *,
    category: str = "lamp",
    worker_id: str | None = "W1",
    at: datetime | None = None,
    place: Place | None = AT_G1,
    severity: Severity | None = None,
    report: tuple[str, Sequence[str]] | None = None,
    order_id: str | None = None,
) -> str:
    """Open an order as a report does, of a terminal with photos if `report`; return its id."""
    order_id = order_id or uuid7()
    with psycopg.connect(dsn) as conn:
        workflow = newest_workflow(conn, Versions())
        opening = Opening(
            order_id=order_id,
            category=category,
            who=Who(None, None if worker_id is None else WorkerId(worker_id)),
            grid_id=None if grid_id is None else GridId(grid_id),
            severity=severity,
            place=place,
        )
        write(conn, writings_of(workflow, open_order(workflow, opening, at=at or utc_now())))
        if report is not None:
            _report(conn, order_id, *report)
    return order_id


def _report(
    conn: psycopg.Connection, order_id: str, terminal_id: str, photos: Sequence[str]
) -> None:
    report_id = uuid7()
    conn.execute(
        "insert into photo_report (terminal_id, report_id, taken_at, category, about, received_at)"
        " values (%s, %s, now(), 'lamp', 'by the gate', now())",
        (terminal_id, report_id),
    )
    for place, digest in enumerate(photos):
        conn.execute(
            "insert into report_photo (terminal_id, report_id, place, sha256, bytes, media_type)"
            " values (%s, %s, %s, %s, 100, 'image/jpeg')",
            (terminal_id, report_id, place, bytes.fromhex(digest)),
        )
    conn.execute(
        "insert into work_order_report (terminal_id, report_id, order_id) values (%s, %s, %s)",
        (terminal_id, report_id, order_id),
    )


def revision_of(dsn: str, order_id: str) -> int:
    """Return how often something was done to an order."""
    return row_of(dsn, order_id)["revision"]


def row_of(dsn: str, order_id: str) -> dict:
    """Return an order as it is stored."""
    with psycopg.connect(dsn, row_factory=dict_row) as conn:
        row = conn.execute("select * from work_order where order_id = %s", (order_id,)).fetchone()
    assert row is not None
    return row
