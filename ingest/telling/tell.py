"""`patrol ingest tell`: plans of duty and results of the day, retained for each terminal.

What has not changed is not said again, but on a new connection all is: the broker may have
lost its memory.
"""

import hashlib
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import psycopg
import structlog

from ingest.database import Retry
from ingest.telling.lists import Lister
from ingest.telling.results import read_todays
from ingest.telling.rosters import Days, read_plans
from ingest.telling.settings import TellSettings
from patrol.duty import local_day
from patrol.errors import StateError
from patrol.fix import epoch_ms
from patrol.ids import TerminalId
from patrol.notices.daylist import encode_list
from patrol.notices.plans import DutyPlan, derive_key, encode_plan
from patrol.notices.today import encode_today
from patrol.topics import Kind, Topics
from runtime.daylists.settings import ListSettings
from runtime.mqtt import Session

log = structlog.get_logger()

_NUMBER = """
-- a greater number for every plan with other content than the last one of its terminal
insert into terminal_plan (terminal_id, number, content)
select * from unnest(%(terminals)s::text[], %(numbers)s::bigint[], %(contents)s::text[])
on conflict (terminal_id) do update
   set number = greatest(terminal_plan.number + 1, excluded.number), content = excluded.content
 where terminal_plan.content <> excluded.content
"""

_NUMBERS = """
-- the numbers that hold
select terminal_id, number from terminal_plan where terminal_id = any(%(terminals)s)
"""

_NOTHING = b""
_CONNECTED_S = 10.0
_LOOK_S = 0.2
# What does not say when it was computed: only what else has changed is news.
_SOME_TIME = datetime(2000, 1, 1, tzinfo=UTC)


class Told(NamedTuple):
    """How many plans, days and lists of days were published."""

    plans: int
    days: int
    lists: int = 0


@dataclass(slots=True, kw_only=True)
class Teller:
    """Says to each terminal what has changed for it.

    Positions are kept for `kept_days`, which workers are told.
    """

    session: Session
    topics: Topics
    settings: TellSettings
    secret: bytes
    zone: ZoneInfo
    kept_days: int
    clock: Callable[[], datetime]
    stop: threading.Event
    lists: ListSettings = field(default_factory=ListSettings)
    _said: dict[str, bytes] = field(default_factory=dict)
    _connection: int = 0
    _lister: Lister = field(init=False)

    def __post_init__(self) -> None:
        self._lister = Lister(self.lists, self.settings.every_s)

    def run(self, retry: Retry) -> None:
        """Tell whatever changes until stopped, whether database and broker are there or not."""
        retry.run(self._work)

    def tell_once(self, conn: psycopg.Connection) -> Told:
        """Tell everything once; raises StateError when the broker does not take it."""
        for _ in range(round(_CONNECTED_S / _LOOK_S)):
            if self.session.is_connected or self.stop.wait(_LOOK_S):
                break
        told = self.tell(conn, is_whole=True) if self.session.is_connected else None
        if told is None or not self.session.flush(timeout_s=_CONNECTED_S):
            raise StateError("the broker cannot be reached: correct [broker], or start it")
        return told

    def tell(self, conn: psycopg.Connection, *, is_whole: bool = False) -> Told:
        """Publish what has changed since it was last published on this connection.

        Of lists of days those whose turn it is, or, where it `is_whole`, all.
        """
        if self.session.connections != self._connection:
            self._connection = self.session.connections
            self._said.clear()
            self._lister.begin()
        now = self.clock()
        plans = self._tell_plans(conn, now)
        days = self._tell_days(conn, now)
        told = Told(plans, days, self._tell_lists(conn, now, is_whole=is_whole))
        if any(told):
            log.info("tell.published", **told._asdict())
        return told

    def _work(self, conn: psycopg.Connection) -> None:
        while not self.stop.is_set():
            self.session.check()
            if self.session.is_connected:
                self.tell(conn)
            self.stop.wait(self.settings.every_s if self.session.is_connected else _LOOK_S)

    def _tell_plans(self, conn: psycopg.Connection, now: datetime) -> int:
        today = local_day(now, self.zone)
        days = Days(
            first=today - timedelta(days=self.settings.days_behind),
            last=today + timedelta(days=self.settings.days_ahead),
        )
        plans = read_plans(conn, self.settings, days=days, kept_days=self.kept_days)
        contents = {terminal: self._content(plan, terminal) for terminal, plan in plans.items()}
        changed = {
            terminal: plan
            for terminal, plan in plans.items()
            if self._said.get(self.topics.of(terminal, Kind.DUTY)) != contents[terminal].encode()
        }
        if not changed:
            return 0
        numbers = _read_numbers(conn, {one: contents[one] for one in changed}, epoch_ms(now))
        published = 0
        for terminal, plan in changed.items():
            payload = self._signed(replace(plan, number=numbers[terminal]), terminal)
            topic = self.topics.of(terminal, Kind.DUTY)
            published += self._publish(topic, payload, content=contents[terminal].encode())
        return published

    def _tell_days(self, conn: psycopg.Connection, now: datetime) -> int:
        todays = read_todays(conn, now=now, today=local_day(now, self.zone))
        published = 0
        # Whoever had a terminal before is nobody's business.
        for topic in self._topics_without(todays, Kind.DAY):
            published += self._publish(topic, _NOTHING, content=_NOTHING)
        for terminal, today in todays.items():
            content = encode_today(replace(today, computed_at=_SOME_TIME))
            topic = self.topics.of(terminal, Kind.DAY)
            published += self._publish(topic, encode_today(today), content=content)
        return published

    def _tell_lists(self, conn: psycopg.Connection, now: datetime, *, is_whole: bool) -> int:
        today = local_day(now, self.zone)
        lists = self._lister.look(conn, now=now, today=today, is_whole=is_whole)
        published = 0
        for topic in self._topics_without(lists.carriers, Kind.LIST):
            published += self._publish(topic, _NOTHING, content=_NOTHING)
        for terminal, daylist in lists.found.items():
            content = encode_list(replace(daylist, computed_at=_SOME_TIME))
            topic = self.topics.of(terminal, Kind.LIST)
            published += self._publish(topic, encode_list(daylist), content=content)
        return published

    def _topics_without(self, terminals: Collection[TerminalId], kind: Kind) -> list[str]:
        """Return the topics of `kind` of terminals that are told plans, but nothing of `kind`."""
        duty = f"/{Kind.DUTY}"
        known = {f"{one.removesuffix(duty)}/{kind}" for one in self._said if one.endswith(duty)}
        return sorted(known - {self.topics.of(terminal, kind) for terminal in terminals})

    def _publish(self, topic: str, payload: bytes, *, content: bytes) -> bool:
        """Publish what is new; what cannot be said now is new the next time, too."""
        if self._said.get(topic) == content:
            return False
        is_said = self.session.publish(topic, payload, retain=True)
        if is_said:
            self._said[topic] = content
        return is_said

    def _signed(self, plan: DutyPlan, terminal: TerminalId) -> bytes:
        return encode_plan(plan, terminal, derive_key(self.secret, terminal))

    def _content(self, plan: DutyPlan, terminal: TerminalId) -> str:
        # With its signature: a new secret makes a new plan.
        return hashlib.sha256(self._signed(plan, terminal)).hexdigest()


def _read_numbers(
    conn: psycopg.Connection, contents: Mapping[TerminalId, str], now_ms: int
) -> Mapping[TerminalId, int]:
    terminals = sorted(contents)
    values = {
        "terminals": terminals,
        "numbers": [now_ms] * len(terminals),
        "contents": [contents[one] for one in terminals],
    }
    conn.execute(_NUMBER, values)
    rows = conn.execute(_NUMBERS, values).fetchall()
    return {TerminalId(terminal): number for terminal, number in rows}
