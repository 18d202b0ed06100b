"""The agent from the serial line to `stored`, on a real broker."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from device.outbox import Outbox, count_at, since_boot_s
from patrol.fix import epoch_ms
from patrol.messages import Flag, Position, State, Status
from patrol.topics import Kind
from simulator.services import Mosquitto
from tests.unit.device.server import TERMINAL, Server
from tests.unit.device.terminal import START, Agent, gga, rmc, wait_until


@pytest.fixture
def server(broker: Mosquitto) -> Iterator[Server]:
    made = Server(broker.settings)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def agent(tmp_path: Path, broker: Mosquitto) -> Iterator[Agent]:
    device = {
        "terminal_id": TERMINAL,
        "interval_s": 1.0,
        "batch_fixes": 5,
        "batch_age_s": 0.5,
        "resend_s": 1.0,
        "late_s": 60.0,
        "status_s": 0.5,
    }
    made = Agent(tmp_path, {"device": device, "broker": {"port": broker.port}})
    yield made
    made.kill()
    made.line.unplug()


def send(agent: Agent, first: int, last: int) -> set[float]:
    """Send an epoch a second and return their times."""
    for second in range(first, last + 1):
        agent.line.send(rmc(second) + gga(second))
    return set(range(first, last + 1))


def test_fixes_go_from_the_line_to_the_server_and_out_of_the_outbox(
    agent: Agent, server: Server
) -> None:
    agent.listen()
    server.serve_until(lambda: server.statuses)
    sent = send(agent, 0, 22)
    server.serve_until(lambda: agent.has_sent(23))

    assert server.seconds == sent
    assert {batch.source for batch in server.batches} == {"agent"}
    assert max(len(batch.positions) for batch in server.batches) <= 5


def test_the_terminal_says_that_it_is_there_and_that_it_leaves(
    agent: Agent, server: Server
) -> None:
    agent.listen()
    send(agent, 0, 4)
    server.serve_until(lambda: server.statuses and server.statuses[-1].written == 5)
    asked_at_s = time.monotonic()
    code = agent.stop()
    server.serve_until(lambda: server.statuses[-1].state is State.OFFLINE)

    name = count_at(agent.outbox).outbox
    assert code == 0
    assert time.monotonic() - asked_at_s < 5
    assert {status.outbox for status in server.statuses} == {name}


def test_a_terminal_that_is_killed_is_lost(agent: Agent, server: Server) -> None:
    agent.listen()
    server.serve_until(lambda: server.statuses)
    agent.kill()
    server.serve_until(lambda: server.statuses[-1].state is not State.ONLINE)

    assert server.statuses[-1] == Status(state=State.LOST)


def test_what_was_read_before_the_end_is_kept_and_sent(agent: Agent, server: Server) -> None:
    """The last epoch, which nothing has ended yet, and the last batch, which is not full."""
    agent.listen()
    server.serve_until(lambda: server.statuses)
    sent = send(agent, 0, 2)
    wait_until(lambda: agent.has_kept(2))
    agent.stop()
    server.serve_until(lambda: server.seconds == sent)

    assert agent.has_kept(3)


def test_nothing_is_lost_while_the_broker_is_away(
    agent: Agent, broker: Mosquitto, server: Server
) -> None:
    agent.listen()
    sent = send(agent, 0, 9)
    server.serve_until(lambda: server.batches)
    broker.kill()
    sent |= send(agent, 10, 39)
    wait_until(lambda: agent.has_kept(40))
    broker.start()
    server.serve_until(lambda: agent.has_sent(40))

    assert server.seconds == sent


def test_a_batch_is_sent_again_until_it_is_stored(agent: Agent, server: Server) -> None:
    """What the broker has acknowledged is not what the server has."""
    server.silent = True
    agent.listen()
    send(agent, 0, 4)
    server.serve_until(lambda: [batch.seq for batch in server.batches].count(1) >= 3)
    waiting = count_at(agent.outbox).waiting
    server.silent = False
    server.serve_until(lambda: agent.has_sent(5))

    assert waiting == 5


def test_what_is_stored_of_a_batch_is_not_sent_again(agent: Agent, server: Server) -> None:
    server.silent = True
    agent.listen()
    send(agent, 0, 4)
    wait_until(lambda: agent.has_kept(5))
    server.serve_until(lambda: server.batches)
    server.say_stored(server.batches[0].outbox, 3, 3)
    server.serve_until(lambda: any(batch.seq == 4 for batch in server.batches))
    before = len(server.batches)
    server.serve_until(lambda: {1, 4} <= {batch.seq for batch in server.batches[before:]})

    again = [batch.seq + len(batch.positions) for batch in server.batches[before:] if batch.seq < 3]
    assert max(again) == 3
    assert count_at(agent.outbox).waiting == 4


def test_the_window_is_bounded_while_nothing_is_stored(agent: Agent, server: Server) -> None:
    server.silent = True
    agent.listen()
    send(agent, 0, 249)
    wait_until(lambda: agent.has_kept(250))
    server.serve_until(lambda: [batch.seq for batch in server.batches].count(1) >= 2)

    assert len({batch.seq for batch in server.batches}) <= 20


def test_stored_of_another_outbox_is_ignored(agent: Agent, server: Server) -> None:
    server.silent = True
    agent.listen()
    send(agent, 0, 4)
    wait_until(lambda: agent.has_kept(5))
    server.serve_until(lambda: server.batches)
    for name in ("another", None):
        server.say_stored(name, 1, 5)
    wait_until(lambda: agent.has_said("sender.stored_of_another_outbox", times=2))

    assert count_at(agent.outbox).waiting == 5


def test_a_stored_that_cannot_be_read_is_passed_over(agent: Agent, server: Server) -> None:
    agent.listen()
    server.serve_until(lambda: server.statuses)
    server.publish(Kind.STORED, b"not a message")
    wait_until(lambda: agent.has_said("sender.stored_refused"))
    sent = send(agent, 0, 4)
    server.serve_until(lambda: agent.has_sent(5))

    assert server.seconds == sent


def test_whatever_happens_on_the_line_what_was_read_arrives(agent: Agent, server: Server) -> None:
    """The port appears late, there is noise on it, it is pulled out and put back."""
    agent.start()
    wait_until(lambda: agent.has_said("receiver.port_unavailable"))
    begun = []
    agent.line.plug_in()
    wait_until(lambda: agent.has_said("receiver.opened"))
    begun.append(send(agent, 0, 3))
    agent.line.send(bytes(range(256)) * 3 + b"\r\n$GNRMC,,,*00\r\n")
    begun.append(send(agent, 4, 7))
    wait_until(lambda: agent.has_kept(8))
    agent.line.unplug()
    wait_until(lambda: agent.has_said("receiver.closed"))
    agent.line.plug_in()
    wait_until(lambda: agent.has_said("receiver.opened", times=2))
    begun.append(send(agent, 100, 104))
    server.serve_until(lambda: agent.has_sent(13))

    assert server.seconds == set.union(*begun)


def test_every_fix_that_was_kept_arrives_though_the_agent_is_killed(
    agent: Agent, server: Server
) -> None:
    server.silent = True
    kept: set[int] = set()
    for first in (0, 100):
        agent.listen()
        send(agent, first, first + 30)
        wait_until(partial(agent.has_kept, len(kept) + 10))
        agent.kill()
        with closing(sqlite3.connect(agent.outbox)) as database:
            kept |= {epoch for (epoch,) in database.execute("select epoch_ms from position")}
    server.silent = False
    agent.listen()
    server.serve_until(lambda: agent.has_sent(len(kept)))

    arrived = {one.epoch_ms for batch in server.batches for one in batch.positions}
    assert len(kept) >= 20
    assert kept <= arrived


def test_a_fix_that_is_sent_long_after_it_was_kept_is_flagged_as_late(
    agent: Agent, server: Server
) -> None:
    now_s = since_boot_s()
    start_ms = epoch_ms(START)
    with Outbox(agent.outbox) as outbox:
        outbox.put([Position(start_ms, 0, 0)], now_s=now_s - 61)
        outbox.put([Position(start_ms + 1, 0, 0)], now_s=now_s)
    agent.start()
    server.serve_until(lambda: agent.has_sent(2))

    flags = {
        one.epoch_ms - start_ms: one.flags for batch in server.batches for one in batch.positions
    }
    assert flags == {0: Flag.LATE, 1: 0}


def test_a_part_that_fails_ends_the_agent(agent: Agent) -> None:
    agent.listen()
    with closing(sqlite3.connect(agent.outbox)) as database:
        database.execute("drop table position")
    send(agent, 0, 4)

    assert agent.wait() == 70
    assert agent.has_said("agent.part_failed")


def test_a_damaged_outbox_does_not_keep_the_agent_from_its_work(
    agent: Agent, server: Server
) -> None:
    agent.outbox.write_bytes(b"nothing that anybody could read" * 1000)
    agent.listen()
    sent = send(agent, 0, 4)
    server.serve_until(lambda: agent.has_sent(5))

    assert server.seconds == sent
    assert agent.has_said("outbox.damaged")
    assert any(kind is Kind.EVENT for kind, _ in server.order)
