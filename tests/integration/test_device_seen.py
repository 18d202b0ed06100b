"""The running agent as its worker and the doctor see it."""

import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from tests.unit.device.terminal import Agent, gga, patrol, rmc, wait_until


@pytest.fixture
def agent(tmp_path) -> Iterator[Agent]:
    """Give an agent on duty that reads a receiver and reaches no broker."""
    made = Agent(
        tmp_path, {"device": {"terminal_id": "T01", "page_port": 0}, "broker": {"port": 9}}
    )
    try:
        made.listen()
        sentences = (rmc(second) + gga(second) for second in count())
        made.line.send_until(lambda: made.has_kept(1), sentences)
        yield made
    finally:
        made.stop()
        made.line.unplug()


def asked(outbox: Path, method: str, path: str, body: object = None) -> dict:
    """Return the answer of the agent's socket."""
    with closing(http.client.HTTPConnection("localhost", timeout=10)) as line:
        line.sock = socket.socket(socket.AF_UNIX)
        line.sock.connect(f"{outbox}.sock")
        data = None if body is None else json.dumps(body)
        line.request(method, path, data, {"Content-Type": "application/json"})
        return json.loads(line.getresponse().read())


def condition(agent: Agent) -> str:
    """Return how the receiver is."""
    return asked(agent.outbox, "GET", "/api/state")["receiver"]["condition"]


def test_the_worker_sees_what_the_agent_does_and_can_pause_it(agent):
    seen = asked(agent.outbox, "GET", "/api/state")
    paused = asked(agent.outbox, "POST", "/api/pause", {})
    wait_until(lambda: condition(agent) == "closed")

    assert (seen["receiver"]["condition"], seen["fix"]["satellites"]) == ("reading", 9)
    assert seen["waiting"]["fixes"] + seen["counts"]["thinned"] <= seen["counts"]["read"]
    assert paused == {"is_paused": True}
    assert asked(agent.outbox, "GET", "/api/state")["fix"] is None


def test_a_call_for_help_waits_in_the_outbox_of_the_agent(agent):
    asked(agent.outbox, "POST", "/api/sos", {})

    assert asked(agent.outbox, "GET", "/api/state")["waiting"]["letters"] >= 1


def test_the_doctor_asks_the_agent_and_leaves_it_its_port(agent):
    done = patrol(
        "device", "doctor", "--json", "--config", str(agent.outbox.with_name("settings.toml"))
    )

    grades = {name: one["grade"] for name, one in json.loads(done.stdout).items()}
    assert done.returncode == 69
    assert [grades[name] for name in ("agent", "receiver", "fix", "broker")] == [
        "ok",
        "ok",
        "ok",
        "broken",
    ]
