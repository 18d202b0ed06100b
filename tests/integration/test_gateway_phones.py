"""Phones that speak OwnTracks to a broker, and what the server hears of who is there."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gateway.custody.errands import Errands
from gateway.custody.spool import Spool
from runtime.mqtt import BrokerSettings, Manner, Session
from simulator.terminals import jt808
from tests.district import rows
from tests.integration.test_gateway_run import ON_DUTY, PHONE, Gateway, fix_at, stored
from tests.processes import eventually, patrol

STATES = "select terminal_id, state, written, waiting from v1_terminal where state is not null"


class Phone:
    """A phone of OwnTracks: what it says under its own topic, and what it is told."""

    def __init__(self, broker, user: str, device: str) -> None:
        self._topic = f"owntracks/{user}/{device}"
        manner = Manner(client_id=f"{user}-{device}", subscriptions=[f"{self._topic}/cmd"])
        self._session = Session(BrokerSettings(port=broker.port), manner)

    def say(self, second: int, branch: str = "", *, retain: bool = False, **said: Any) -> None:
        fix = fix_at(second)
        place = {"lat": fix.lat_deg, "lon": fix.lon_deg, "acc": 5, "vel": 4}
        message = {"_type": "location", "tst": int(fix.epoch.timestamp()), **place, **said}
        payload = json.dumps(message).encode()
        assert self._session.publish(self._topic + branch, payload, retain=retain)
        assert self._session.flush(timeout_s=10)

    def told(self) -> dict[str, Any]:
        message = eventually(lambda: self._session.receive(timeout_s=1), what="a command")
        self._session.acknowledge(message)
        return json.loads(message.payload)

    @contextmanager
    def there(self) -> Iterator["Phone"]:
        self._session.start()
        try:
            eventually(lambda: self._session.is_connected)
            yield self
        finally:
            self._session.stop()


@contextmanager
def storing(folder: Path, broker, dsn: str) -> Iterator[None]:
    with psycopg.connect(dsn) as conn:
        conn.execute(ON_DUTY)
    environment = {"PATROL_DATABASE_DSN": dsn, "PATROL_BROKER_PORT": str(broker.port)}
    log = folder / "ingest.log"
    with patrol("ingest", "run", environment=environment, log=log):
        eventually(lambda: "mqtt.subscribed" in log.read_text(), what="the ingest")
        yield


@pytest.fixture
def gateway(tmp_path, broker) -> Gateway:
    return Gateway(
        tmp_path,
        broker,
        PATROL_GATEWAY_OWNTRACKS_BASE="owntracks",
        PATROL_OWNTRACKS_BROKER_PORT=str(broker.port),
        PATROL_GATEWAY_LOGIN_S="1",
    )


def test_phones_at_a_broker_are_kept_though_the_gateway_is_away_and_answer_commands(
    tmp_path, gateway, broker, database
):
    with storing(tmp_path, broker, database), Phone(broker, "ann", "p1").there() as phone:
        phone.say(1, retain=True)
        with gateway.running() as process:
            eventually(lambda: stored(database, "W1") == [1], what="what was retained")
            phone.say(2, "/event", _type="transition", event="enter", desc="office", wtst=1)
            phone.say(3)
            eventually(lambda: stored(database, "W1") == [1, 3])
            process.send_signal(signal.SIGKILL)
            process.wait()
        # The broker keeps it for the gateway.
        phone.say(4)
        with Phone(broker, "eve", "p9").there() as stranger:
            stranger.say(5)
        with gateway.running():
            eventually(lambda: stored(database, "W1") == [1, 3, 4])
            with Spool(gateway.spool) as spool:
                (noted,) = eventually(spool.strangers)
            assert (noted.protocol, noted.identity) == ("owntracks", "eve/p9")

            errands = Errands(gateway.spool)
            errands.queue("W1", "locate", "", now="2025-10-09T08:00:00+00:00")
            assert phone.told() == {"_type": "cmd", "action": "reportLocation"}
            phone.say(6, t="r")
            (one,) = eventually(lambda: [e for e in errands.list() if e["answered_at"]])
            assert (one["terminal_id"], one["what"]) == ("W1", "locate")
            errands.queue("W1", "text", "hello", now="2025-10-09T08:00:00+00:00")
            eventually(lambda: "cannot do text" in (next(errands.list())["answer"] or ""))


def test_the_server_hears_who_is_there_and_who_is_lost(tmp_path, gateway, broker, database):
    def say(line, second: int) -> None:
        body = jt808.location(fix_at(second))
        line.sendall(jt808.frame(jt808.LOCATION, body, phone=PHONE, serial=second))
        assert line.recv(64)

    def states() -> list[tuple[str, str, int | None, int | None]]:
        return [(one[0], one[1], one[2], one[3]) for one in rows(database, STATES)]

    def nothing_waits() -> bool:
        with Spool(gateway.spool) as spool:
            return spool.count()[0] == 0

    with storing(tmp_path, broker, database):
        with gateway.running() as process:
            with gateway.call("jt808") as line:
                say(line, 1)
                say(line, 2)
                eventually(lambda: [one[:2] for one in states()] == [("J1", "online")])
                eventually(nothing_waits)
            eventually(lambda: states() == [("J1", "lost", 2, 0)], what="the loss")
            with gateway.call("jt808") as line:
                say(line, 3)
                eventually(lambda: [one[1] for one in states()] == ["online"], what="the return")
                eventually(nothing_waits)
                process.send_signal(signal.SIGKILL)
                process.wait()
        # Who was there when the gateway died, and does not come back, is lost.
        with gateway.running():
            eventually(lambda: states() == [("J1", "lost", 3, 0)], what="the loss at a new start")
