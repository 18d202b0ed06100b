"""The agent tracks on duty alone: its receiver is open then, and at no other moment."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from device.duty import Duty
from device.outbox import Outbox, count_at, since_boot_s
from patrol.fix import epoch_ms
from patrol.ids import TerminalId
from patrol.messages import Position, Stored, decode_position, encode_stored
from patrol.notices.plans import DutyPlan, Pace
from patrol.topics import Kind, Topics
from runtime.mqtt import Manner, Session
from simulator.services import Mosquitto
from tests.unit.device.terminal import START, Agent, plan_of, rmc, signed, wait_until, window

T01 = TerminalId("T01")
TOPICS = Topics()
HOUR = timedelta(hours=1)
EVEN = Pace(1, 1, 1)


@dataclass(frozen=True)
class Files:
    """What another process on the terminal knows of its duty."""

    plan_file: Path
    plan_key_file: Path
    terminal: TerminalId = T01


@pytest.fixture
def server(broker: Mosquitto) -> Iterator[Session]:
    positions = TOPICS.of_all(Kind.POSITION)
    session = Session(broker.settings, Manner(client_id="server", subscriptions=[positions]))
    session.start()
    wait_until(lambda: session.is_connected)
    yield session
    session.stop()


@pytest.fixture
def agent(tmp_path: Path, broker: Mosquitto) -> Iterator[Agent]:
    device = {"terminal_id": T01, "interval_s": 1, "batch_age_s": 0.2}
    made = Agent(tmp_path, {"device": device, "broker": {"port": broker.port}})
    made.line.plug_in()
    yield made
    made.kill()
    made.line.unplug()


def now() -> datetime:
    return datetime.now(UTC)


def of_duty(start: datetime, end: datetime) -> DutyPlan:
    """Return a plan of duty then, and at the epochs of these fixes."""
    windows = [window(START, START + HOUR), window(start, end)]
    return plan_of(*windows, issued=now() - HOUR, pace=EVEN)


def tell(server: Session, payload: bytes) -> None:
    assert server.publish(TOPICS.of(T01, Kind.DUTY), payload, retain=True)


def send(agent: Agent, seconds: range) -> None:
    for second in seconds:
        agent.line.send(rmc(second))


def test_nothing_is_read_without_a_plan_and_all_with_one(agent: Agent, server: Session) -> None:
    agent.plan_file.unlink()
    agent.start()
    wait_until(lambda: agent.has_said("mqtt.subscribed", times=2))
    before = agent.has_said("receiver.opened")
    tell(server, signed(of_duty(now(), now() + HOUR)))
    wait_until(lambda: agent.has_said("receiver.opened"))
    send(agent, range(10))
    wait_until(lambda: agent.has_kept(9))

    assert not before


def test_a_plan_that_is_not_signed_for_it_is_not_followed(agent: Agent, server: Session) -> None:
    agent.plan_file.unlink()
    agent.start()
    tell(server, signed(of_duty(now(), now() + HOUR), "T02"))
    wait_until(lambda: agent.has_said("duty.plan_refused"))

    assert not agent.has_said("receiver.opened")


def test_within_two_seconds_of_its_begin_duty_is_tracked(agent: Agent) -> None:
    begins = now() + timedelta(seconds=4)
    agent.plan_file.write_bytes(signed(of_duty(begins, begins + HOUR)))
    agent.start()
    wait_until(lambda: agent.has_said("duty.changed"))
    early = agent.has_said("receiver.opened")
    wait_until(lambda: agent.has_said("receiver.opened"))

    assert not early
    assert timedelta() <= now() - begins < timedelta(seconds=2)


def test_at_the_end_of_duty_the_receiver_is_closed(agent: Agent) -> None:
    # Long enough for a busy machine to begin.
    ends = now() + timedelta(seconds=8)
    agent.plan_file.write_bytes(signed(of_duty(ends - HOUR, ends)))
    agent.listen()
    send(agent, range(5))
    wait_until(lambda: agent.has_said("duty.receiver_closed"))
    closed = now()
    send(agent, range(5, 50))
    time.sleep(0.5)

    assert timedelta() <= closed - ends < timedelta(seconds=8)
    assert count_at(agent.outbox).written <= 5


def test_a_fix_of_another_hour_is_not_kept_whatever_the_clock_says(agent: Agent) -> None:
    later = START + timedelta(seconds=20)
    windows = [window(later, later + HOUR), window(now() - HOUR, now() + HOUR)]
    agent.plan_file.write_bytes(signed(plan_of(*windows, issued=START, pace=EVEN)))
    agent.listen()
    send(agent, range(30))
    wait_until(lambda: agent.has_kept(9))
    agent.stop()

    assert '"off_duty": 20' in agent.log.read_text()
    assert count_at(agent.outbox).written == 10


def test_a_pause_closes_the_receiver_and_its_end_opens_it(agent: Agent) -> None:
    agent.listen()
    duty = Duty(Files(agent.plan_file, agent.plan_file.with_name("plan-key")))
    duty.pause(now())
    wait_until(lambda: agent.has_said("duty.receiver_closed"))
    duty.resume(now())
    wait_until(lambda: agent.has_said("receiver.opened", times=2))

    assert agent.has_said("paused")


def test_what_was_kept_on_duty_is_sent_off_duty(agent: Agent, server: Session) -> None:
    agent.plan_file.write_bytes(signed(plan_of(window(START, START + HOUR))))
    with Outbox(agent.outbox) as outbox:
        outbox.put([Position(epoch_ms(START), 0, 0)], now_s=since_boot_s())
    agent.start()
    message = server.receive(timeout_s=10)
    assert message is not None
    batch = decode_position(message.payload)
    stored = Stored(outbox=batch.outbox, fixes=((batch.seq, batch.seq),))
    server.publish(TOPICS.of(T01, Kind.STORED), encode_stored(stored))
    wait_until(lambda: agent.has_sent(1))

    assert not agent.has_said("receiver.opened")
