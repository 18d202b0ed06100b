"""`patrol api notify`: finds what is to be told, and sends it until it has arrived.

Any number of them may run: each occasion is one row, and each delivery is claimed. A receiver
may hear the same twice where one ended amid sending; `webhook-id` tells.
"""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import psycopg
import structlog

from api.notices import finding, orders
from api.notices.sending import NotSentError, Sender
from api.notices.settings import NoticeSettings
from api.notices.timing import pause_s
from runtime.clock import utc_now
from runtime.health import Vitals
from runtime.lifecycle import backoff_s
from runtime.workorders.workflows import Versions

log = structlog.get_logger()

CHANNEL = "patrol_sos"
DATABASE = "database"
# A sender that has not come back by then has died.
_HELD_FACTOR = 6
_LOOK_S = 0.25

Connection = psycopg.Connection[Any]
Sending = tuple["Future[str]", dict[str, Any]]


@dataclass(slots=True)
class Notifier:
    """Finds and sends until `stop`, whether the database is there or not."""

    dsn: str
    settings: NoticeSettings
    stop: threading.Event
    vitals: Vitals
    sent: int = 0
    _sending: list[Sending] = field(default_factory=list)
    _versions: Versions = field(default_factory=Versions)
    _orders_at_s: float = 0.0

    def run(self) -> None:
        """Notify until stopped; what is under way is waited for."""
        failures = 0
        with self._senders() as (sender, pool):
            while not self.stop.is_set():
                try:
                    self._serve(sender, pool)
                    failures = 0
                except psycopg.OperationalError as error:
                    self.vitals.note(DATABASE, is_up=False)
                    self._sending.clear()
                    log.warning("notices.database_away", reason=str(error).strip())
                    self._wait(backoff_s(failures, most_s=10.0))
                    failures += 1

    def _serve(self, sender: Sender, pool: ThreadPoolExecutor) -> None:
        with psycopg.connect(self.dsn, autocommit=True, application_name="patrol notify") as conn:
            conn.execute(f"listen {CHANNEL}")
            self.vitals.note(DATABASE, is_up=True)
            # What was said while nobody listened is found by looking.
            self._look(conn)
            while not self.stop.is_set():
                self._send_due(conn, sender, pool)
                self._listen(conn)
            while self._sending:
                self._settle(conn, within_s=self.settings.timeout_s)

    def _listen(self, conn: Connection) -> None:
        """Wait for a call for help, as long as there is time until the next look."""
        waits_s = 0.0
        while waits_s < self.settings.poll_s and not self.stop.is_set():
            self.vitals.beat()
            step_s = min(_LOOK_S, self.settings.poll_s)
            called = [one.payload for one in conn.notifies(timeout=step_s, stop_after=1)]
            self._settle(conn, within_s=0)
            if called:
                break
            waits_s += step_s
        self._look(conn)

    def _look(self, conn: Connection) -> None:
        are_orders_due = time.monotonic() >= self._orders_at_s
        if are_orders_due:
            self._escalate(conn)
        with conn.transaction():
            found = finding.find_sos(conn)
            found += finding.find_others(conn, self.settings)
            found += orders.find_orders(conn) if are_orders_due else 0
            routed = finding.route(conn, ZoneInfo(self.settings.timezone))
        if found or routed:
            log.info("notices.found", notices=found, deliveries=routed)

    def _escalate(self, conn: Connection) -> None:
        """Let time do to orders what it has done; after a long absence in many looks."""
        count = orders.escalate(conn, self._versions, now=utc_now())
        is_more = count == orders.MOST_ESCALATED
        self._orders_at_s = time.monotonic() + (0.0 if is_more else self.settings.orders_s)
        if count:
            log.info("notices.orders_escalated", orders=count)

    def _send_due(self, conn: Connection, sender: Sender, pool: ThreadPoolExecutor) -> None:
        free = self.settings.senders - len(self._sending)
        if free <= 0:
            return
        held_s = _HELD_FACTOR * self.settings.timeout_s
        for delivery in finding.claim(conn, most=free, held_s=held_s):
            self._sending.append((pool.submit(sender.send, delivery), delivery))

    def _settle(self, conn: Connection, *, within_s: float) -> None:
        """Write down what became of what was sent."""
        if within_s and self._sending:
            # Not to be answered here: what it raises is read below.
            with suppress(Exception):
                self._sending[0][0].result(timeout=within_s)
        done = [one for one in self._sending if one[0].done()]
        self._sending = [one for one in self._sending if not one[0].done()]
        for future, delivery in done:
            self._write_down(conn, future, delivery)

    def _write_down(
        self, conn: Connection, future: "Future[str]", delivery: dict[str, Any]
    ) -> None:
        values = {"delivery_id": delivery["delivery_id"]}
        try:
            said = future.result()
        except Exception as error:  # noqa: BLE001 - one receiver's oddity is not to stop the others
            log.warning(
                "notices.not_sent",
                rule_channel=delivery["channel"],
                notice_id=delivery["notice_id"],
                attempts=delivery["attempts"],
                reason=str(error),
            )
            if not isinstance(error, NotSentError) or error.is_final:
                conn.execute(finding.SETTLE, {**values, "state": "given_up", "said": str(error)})
                return
            again = {"pause_s": pause_s(delivery["attempts"]), "said": str(error)}
            conn.execute(finding.AGAIN, {**values, **again, "give_up_s": self.settings.give_up_s})
            return
        self.sent += 1
        conn.execute(finding.SETTLE, {**values, "state": "sent", "said": said})
        log.info("notices.sent", kind=delivery["kind"], notice_id=delivery["notice_id"])

    def _wait(self, seconds: float) -> None:
        self.vitals.beat()
        self.stop.wait(seconds)

    @contextmanager
    def _senders(self) -> Iterator[tuple[Sender, ThreadPoolExecutor]]:
        # A receiver that answers with another address would be told by nobody but itself.
        with (
            httpx.Client(timeout=self.settings.timeout_s, follow_redirects=False) as client,
            ThreadPoolExecutor(self.settings.senders, thread_name_prefix="sender") as pool,
        ):
            yield Sender(self.settings, client), pool
