"""What terminals are told: plans of duty out of the roster, and days out of the results."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from ingest.telling.settings import TellSettings
from ingest.telling.tell import Teller, Told
from patrol.fix import epoch_ms
from patrol.ids import TerminalId
from patrol.notices.daylist import decode_list
from patrol.notices.plans import DutyPlan, Notice, Pace, Span, Window, decode_plan, derive_key
from patrol.notices.today import decode_today
from patrol.topics import Kind, Topics
from runtime.mqtt import Manner, Session
from runtime.registers.load import load
from simulator.services import Mosquitto
from tests.district import SHANGHAI, WALK, assess, letters, store, write_registers
from tests.makers import at
from tests.processes import eventually, patrol

T01 = TerminalId("T01")
TOPICS = Topics()
SECRET = b"0123456789abcdef" * 2
HOUR_S = 3600


@dataclass
class Clock:
    now: datetime = field(default_factory=lambda: at(600))

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Terminal:
    """A terminal that has just come to the broker."""

    broker: Mosquitto

    def hear(self, kind: Kind, *, terminal: str = T01) -> bytes | None:
        """Return what is retained for it."""
        topic = TOPICS.of(TerminalId(terminal), kind)
        manner = Manner(client_id=f"hears-{terminal}", subscriptions=[topic])
        session = Session(self.broker.settings, manner)
        session.start()
        message = session.receive(timeout_s=1.0)
        session.stop()
        return message.payload if message else None

    def plan(self) -> DutyPlan:
        """Return the plan that it follows."""
        payload = self.hear(Kind.DUTY)
        assert payload is not None
        return decode_plan(payload, T01, derive_key(SECRET, T01))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def conn(database: str, tmp_path: Path) -> Iterator[psycopg.Connection]:
    load(database, write_registers(tmp_path), zone=SHANGHAI)
    with psycopg.connect(database, autocommit=True) as connection:
        yield connection


@pytest.fixture
def session(broker: Mosquitto) -> Iterator[Session]:
    made = Session(broker.settings, Manner(client_id="tell"))
    made.start()
    eventually(lambda: made.is_connected)
    yield made
    made.stop()


@pytest.fixture
def teller(session: Session, clock: Clock) -> Teller:
    return make_teller(session, clock)


@pytest.fixture
def terminal(broker: Mosquitto) -> Terminal:
    return Terminal(broker)


def make_teller(session: Session, clock: Clock, secret: bytes = SECRET) -> Teller:
    return Teller(
        session=session,
        topics=TOPICS,
        settings=TellSettings(secret_file=Path("secret"), standing_s=30),
        secret=secret,
        zone=SHANGHAI,
        kept_days=90,
        clock=clock,
        stop=threading.Event(),
    )


def tell(teller: Teller, conn: psycopg.Connection) -> Told:
    told = teller.tell(conn)
    assert teller.session.flush(timeout_s=5)
    return told


def span(start_s: float, end_s: float) -> Span:
    return Span(epoch_ms(at(start_s)), epoch_ms(at(end_s)))


def test_a_terminal_is_told_the_duty_of_whoever_carries_it(teller, conn, terminal, clock):
    told = tell(teller, conn)

    assert told.plans == 1
    assert terminal.plan() == DutyPlan(
        number=epoch_ms(clock.now),
        windows=(Window(span(0, HOUR_S)),),
        pace=Pace(10, 30, 240),
        notice=Notice(90, ("presence", "home_visits", "coverage", "safety")),
    )


def test_what_has_not_changed_is_not_said_again(teller, conn, clock):
    tell(teller, conn)
    clock.now += timedelta(minutes=5)

    assert tell(teller, conn) == Told(0, 0)


def test_a_changed_roster_is_told_with_a_greater_number(teller, conn, terminal):
    tell(teller, conn)
    before = terminal.plan()
    conn.execute("update duty_window set end_at = end_at + interval '1 hour'")
    told = tell(teller, conn)

    after = terminal.plan()
    assert told.plans == 1
    assert after.number == before.number + 1
    assert after.windows == (Window(span(0, 2 * HOUR_S)),)


def test_the_number_outlives_the_process(teller, conn, terminal, clock):
    tell(teller, conn)
    first = terminal.plan()
    clock.now -= timedelta(days=1, minutes=1)
    again = make_teller(teller.session, clock)
    told = tell(again, conn)

    assert told.plans == 1
    assert terminal.plan().number >= first.number


def test_another_secret_makes_another_plan(teller, conn, terminal):
    tell(teller, conn)
    secret = b"f" * 32
    tell(make_teller(teller.session, Clock(), secret), conn)

    payload = terminal.hear(Kind.DUTY)
    assert decode_plan(payload, T01, derive_key(secret, T01)).number == epoch_ms(at(600)) + 1


def test_a_terminal_that_is_taken_away_is_told_that_it_has_no_duty(teller, conn, terminal):
    tell(teller, conn)
    conn.execute("delete from assignment")
    tell(teller, conn)

    assert terminal.plan().windows == ()


def test_duty_is_told_as_long_as_the_terminal_is_the_workers(teller, conn, terminal):
    conn.execute("update assignment set valid_to = %s", [at(1000)])
    tell(teller, conn)

    assert terminal.plan().windows == (Window(span(0, 1000)),)


@pytest.mark.parametrize(
    ("kind", "worker", "grid", "is_break"),
    [
        ("leave", "W01", None, True),
        ("training", None, "G01", True),
        ("other", None, None, True),
        ("leave", "W02", None, False),
        ("weather", None, None, False),
    ],
)
def test_time_that_is_known_not_to_be_owed_is_a_break(
    teller, conn, terminal, kind, worker, grid, is_break
):
    conn.execute(
        "insert into excused_period (kind, worker_id, grid_id, start_at, end_at)"
        " values (%s, %s, %s, %s, %s)",
        [kind, worker, grid, at(-600), at(900)],
    )
    tell(teller, conn)

    assert terminal.plan().windows[0].breaks == ((span(0, 900),) if is_break else ())


def test_many_short_breaks_part_the_window(teller, conn, terminal):
    for start in range(0, 3600, 150):
        conn.execute(
            "insert into excused_period (kind, start_at, end_at) values ('other', %s, %s)",
            [at(start), at(start + 50)],
        )
    tell(teller, conn)

    windows = terminal.plan().windows
    assert [one.span for one in windows] == [span(s + 50, s + 150) for s in range(0, 3600, 150)]


def test_duty_far_ahead_is_not_told_yet(teller, conn, terminal, clock):
    clock.now -= timedelta(days=9)
    tell(teller, conn)

    assert terminal.hear(Kind.DUTY) is None


def test_a_worker_hears_of_the_own_day(teller, conn, terminal, database):
    store(database, letters(WALK))
    assess(database)
    told = tell(teller, conn)

    today = decode_today(terminal.hear(Kind.DAY))
    assert told.days == 1
    assert (today.worker_id, today.presence.duty_s) == ("W01", HOUR_S)
    assert today.presence.proven_s > 0.9 * HOUR_S
    assert today.provisional
    assert [visit.premises_id for visit in today.visits] == ["P1"]
    assert set(today.judgements) == {"presence", "visit"}
    assert tell(teller, conn).days == 0


def test_a_worker_hears_of_the_list_of_the_day_and_whoever_comes_later_does_not(
    teller, conn, terminal
):
    told = tell(teller, conn)
    heard = decode_list(terminal.hear(Kind.LIST))
    conn.execute("update assignment set valid_to = %s", [at(500)])
    tell(teller, conn)

    assert told.lists == 1
    assert (heard.worker_id, [one.key for one in heard.tasks]) == ("W01", ["P1"])
    assert terminal.hear(Kind.LIST) is None


def test_a_day_is_told_to_nobody_who_has_the_terminal_later(teller, conn, terminal, database):
    store(database, letters(WALK))
    assess(database)
    tell(teller, conn)
    conn.execute("update assignment set valid_to = %s", [at(500)])
    tell(teller, conn)

    assert terminal.hear(Kind.DAY) is None


@pytest.mark.usefixtures("conn")
def test_a_broker_that_has_lost_its_memory_is_told_all_again(database, tmp_path, broker, terminal):
    secret = tmp_path / "secret"
    secret.write_bytes(SECRET)
    environment = {
        "PATROL_DATABASE_DSN": database,
        "PATROL_BROKER_PORT": str(broker.port),
        "PATROL_TELL_SECRET_FILE": str(secret),
        "PATROL_TELL_EVERY_S": "0.2",
        "PATROL_CLOCK_ORIGIN": at(600).isoformat(),
        "PATROL_CLOCK_RATE": "0",
    }
    log = tmp_path / "log"
    with patrol("ingest", "tell", environment=environment, log=log):
        eventually(lambda: log.exists() and "tell.published" in log.read_text())
        broker.kill()
        for kept in broker.log.parent.glob("*.db"):
            kept.unlink()
        broker.start()
        eventually(lambda: log.read_text().count("tell.published") >= 2, within_s=30)

        assert terminal.plan().windows == (Window(span(0, HOUR_S)),)
    with patrol("ingest", "tell", "--once", environment=environment, log=log) as once:
        assert once.wait(timeout=20) == 0
