"""`patrol gateway run` as a process: from terminals' sockets to rows, whatever dies in between."""

import os
import signal
import socket
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from gateway.custody.errands import Errands
from gateway.custody.spool import Spool
from patrol.fix import Fix
from simulator.terminals import gt06, jt808, phones
from tests.district import rows
from tests.processes import eventually, patrol

BEGIN = datetime(2025, 10, 9, 8, 0, tzinfo=UTC)
PHONE, IMEI = "13912345678", "123456789012345"
REGISTER = f"""protocol,identity,terminal_id,model
jt808,{PHONE},J1,badge
gt06,{IMEI},G1,tracker
osmand,phone1,O1,traccar
owntracks,ann/p1,W1,owntracks
nmea,357000000000001,N1,sender
"""
# Each terminal has a worker who is on duty for a day and a half.
ON_DUTY = """
insert into grid values ('G01', 'North', '{}');
insert into terminal select t, 'test' from unnest(array['J1','G1','O1','W1','N1']) as t;
insert into worker select 'W-' || t, t from unnest(array['J1','G1','O1','W1','N1']) as t;
insert into assignment
select t, 'W-' || t, '2025-01-01Z' from unnest(array['J1','G1','O1','W1','N1']) as t;
insert into duty_window
select 'W-' || t, 'G01', '2025-10-09', '2025-10-09Z', '2025-10-10 12:00Z'
  from unnest(array['J1','G1','O1','W1','N1']) as t;
"""


def fix_at(second: int) -> Fix:
    epoch = BEGIN + timedelta(seconds=second)
    return Fix(
        epoch=epoch, lat_deg=30.66, lon_deg=104.06 + second * 1e-5, speed_mps=1.2, satellites=9
    )


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Gateway:
    """A gateway's settings and ports, whether it runs or not."""

    def __init__(self, folder: Path, broker, **changed: str) -> None:
        self.folder = folder
        (folder / "terminals.csv").write_text(REGISTER)
        self.ports = {
            name: free_port() for name in ("jt808", "gt06", "osmand", "owntracks", "nmea")
        }
        self.health = free_port()
        self.spool = folder / "spool.sqlite"
        self.environment: Mapping[str, str] = {
            "PATROL_GATEWAY_TERMINALS": str(folder / "terminals.csv"),
            "PATROL_GATEWAY_SPOOL": str(self.spool),
            "PATROL_GATEWAY_HEALTH_PORT": str(self.health),
            "PATROL_BROKER_PORT": str(broker.port),
            **{f"PATROL_GATEWAY_{n.upper()}_PORT": str(p) for n, p in self.ports.items()},
            **changed,
        }

    @contextmanager
    def running(self) -> Iterator:
        log = self.folder / "gateway.log"
        before = log.read_text().count("gateway.started") if log.exists() else 0
        with patrol("gateway", "run", environment=self.environment, log=log) as process:
            eventually(lambda: log.read_text().count("gateway.started") > before, what="started")
            yield process

    def call(self, protocol: str) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.ports[protocol]), timeout=10)

    def metrics(self) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.health}/metrics", timeout=5) as answer:
            return answer.read().decode()


@pytest.fixture
def gateway(tmp_path, broker):
    """Return a gateway that does not run yet."""
    return Gateway(tmp_path, broker)


@pytest.fixture
def ingest(tmp_path, broker, database):
    """Have everything that is relayed stored."""
    with psycopg.connect(database) as conn:
        conn.execute(ON_DUTY)
    environment = {"PATROL_DATABASE_DSN": database, "PATROL_BROKER_PORT": str(broker.port)}
    with patrol("ingest", "run", environment=environment, log=tmp_path / "ingest.log"):
        eventually(lambda: "mqtt.subscribed" in (tmp_path / "ingest.log").read_text())
        yield database


def stored(dsn: str, terminal: str) -> list[int]:
    query = "select extract(epoch from epoch)::bigint, terminal_id from position order by 1"
    began = int(BEGIN.timestamp())
    return [second - began for second, name in rows(dsn, query) if name == terminal]


def is_hung_up(line: socket.socket) -> bool:
    """Return whether the other side closes without a word, politely or not."""
    try:
        return line.recv(64) == b""
    except ConnectionError:
        return True


def say_jt808(line: socket.socket, seconds: range) -> None:
    """Send one fix a second and take the answers, each before the next one."""
    for serial, second in enumerate(seconds, start=1):
        body = jt808.location(fix_at(second))
        line.sendall(jt808.frame(jt808.LOCATION, body, phone=PHONE, serial=serial))
        assert line.recv(64)


def test_every_protocol_comes_to_rows_and_the_spool_is_empty_again(gateway, ingest):
    said: dict[str, bytes] = {
        "jt808": jt808.frame(jt808.LOCATION, jt808.location(fix_at(1)), phone=PHONE, serial=1),
        "gt06": gt06.frame(gt06.LOGIN, gt06.login(IMEI), serial=1)
        + gt06.frame(gt06.LOCATION, gt06.location(fix_at(1)), serial=2)
        + gt06.frame(gt06.HEARTBEAT, bytes.fromhex("0504030001"), serial=3),
        "osmand": phones.osmand(fix_at(1), device="phone1"),
        "owntracks": phones.owntracks(fix_at(1), user="ann", device="p1"),
        "nmea": b"$PGID,357000000000001*0F\r\n"
        b"$GPRMC,080001.00,A,3039.6000,N,10403.6006,E,2.3,90.0,091025,,,A*5C\r\n",
    }
    terminals = {"jt808": "J1", "gt06": "G1", "osmand": "O1", "owntracks": "W1", "nmea": "N1"}
    with gateway.running():
        for protocol, data in said.items():
            with gateway.call(protocol) as line:
                line.sendall(data)
                if protocol != "nmea":
                    assert line.recv(512)
        for terminal in terminals.values():
            eventually(lambda name=terminal: stored(ingest, name) == [1], what=terminal)
        with Spool(gateway.spool) as spool:
            eventually(lambda: spool.count() == (0, 0), what="all forgotten")


def test_what_was_answered_is_stored_once_though_the_broker_goes_and_the_gateway_is_killed(
    tmp_path, ingest, broker
):
    # The broker comes back with nothing in its memory, and perhaps before the server does.
    gateway = Gateway(tmp_path, broker, PATROL_GATEWAY_RESEND_S="2")
    with gateway.running() as process, gateway.call("jt808") as line:
        say_jt808(line, range(50))
        broker.kill()
        say_jt808(line, range(50, 150))
        process.send_signal(signal.SIGKILL)
        process.wait()
    with gateway.running(), gateway.call("jt808") as line:
        # What may not have been answered is told again, as terminals do.
        say_jt808(line, range(140, 200))
        broker.start()
        eventually(lambda: stored(ingest, "J1") == list(range(200)), within_s=40)
        with Spool(gateway.spool) as spool:
            eventually(lambda: spool.count() == (0, 0), what="all forgotten")


def relay_of(process) -> int:
    """Return the process that relays for a gateway."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    started = [one for one in children if b"--multiprocessing-fork" in cmdline_of(int(one))]
    return int(started[0]) if started else 0


def cmdline_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def test_a_relay_that_is_gone_ends_the_gateway_with_a_fault(gateway):
    with gateway.running() as process:
        os.kill(eventually(lambda: relay_of(process)), signal.SIGKILL)

        assert process.wait(timeout=20) == 70
    assert "the relay has ended by itself" in (gateway.folder / "gateway.log").read_text()


def test_a_killed_gateway_leaves_no_relay_behind(gateway):
    with gateway.running() as process:
        relay = eventually(lambda: relay_of(process))
        process.send_signal(signal.SIGKILL)
        process.wait()

        eventually(lambda: b"--multiprocessing-fork" not in cmdline_of(relay))


def test_a_stranger_is_noted_and_can_be_admitted_while_it_runs(gateway, ingest):
    stranger = phones.osmand(fix_at(5), device="phone7")
    with gateway.running():
        with gateway.call("osmand") as line:
            line.sendall(stranger)
            assert b" 400 " in line.recv(512)
        with Spool(gateway.spool) as spool:
            (noted,) = eventually(spool.strangers)
        assert (noted.protocol, noted.identity) == ("osmand", "phone7")

        admit = ("--protocol", "osmand", "--identity", "phone7", "--terminal-id", "O1")
        with patrol(
            "gateway", "admit", *admit, environment=gateway.environment, log=gateway.folder / "a"
        ) as process:
            assert process.wait(10) == 0

        def is_let_in() -> bool:
            with gateway.call("osmand") as line:
                line.sendall(stranger)
                return b" 200 " in line.recv(512)

        eventually(is_let_in, what="admitted")
        eventually(lambda: stored(ingest, "O1") == [5])


def test_a_command_is_sent_to_its_terminal_and_the_answer_kept(gateway):
    def ask(*words: str) -> None:
        environment, log = gateway.environment, gateway.folder / "ask.log"
        with patrol("gateway", *words, environment=environment, log=log) as process:
            assert process.wait(10) == 0

    with gateway.running(), gateway.call("jt808") as line:
        line.sendall(jt808.frame(jt808.AUTHENTICATE, b"x", phone=PHONE, serial=1))
        assert line.recv(64)
        ask("ask", "J1", "text", "come to the office")
        asked = line.recv(128)
        assert b"come to the office" in asked
        # 0x0001: the count and the id of what is answered, and that it is done.
        answer = asked[11:13] + asked[1:3] + b"\0"
        line.sendall(jt808.frame(0x0001, answer, phone=PHONE, serial=2))
        errands = Errands(gateway.spool)
        (one,) = eventually(lambda: [e for e in errands.list() if e["answered_at"]])
        assert (one["terminal_id"], one["what"]) == ("J1", "text")

        ask("ask", "J1", "interval", "never")
        eventually(lambda: "no number of seconds" in (next(errands.list())["answer"] or ""))


def test_the_newest_line_speaks_for_a_terminal_and_the_older_one_is_closed(gateway):
    login = jt808.frame(jt808.AUTHENTICATE, b"x", phone=PHONE, serial=1)
    with gateway.running(), gateway.call("jt808") as older, gateway.call("jt808") as newer:
        older.sendall(login)
        assert older.recv(64)
        newer.sendall(login)
        assert newer.recv(64)
        assert older.recv(64) == b""
        newer.sendall(jt808.frame(jt808.HEARTBEAT, b"", phone=PHONE, serial=2))
        assert newer.recv(64)


def test_who_does_not_say_who_it_is_is_hung_up_on(tmp_path, broker):
    gateway = Gateway(tmp_path, broker, PATROL_GATEWAY_LOGIN_S="1")
    with gateway.running(), gateway.call("gt06") as line:
        assert line.recv(64) == b""
        assert 'reason="no_login"' in gateway.metrics()


def test_an_address_has_no_more_lines_than_it_may(tmp_path, broker):
    gateway = Gateway(tmp_path, broker, PATROL_GATEWAY_MOST_LINES_OF_ADDRESS="2")
    login = jt808.frame(jt808.AUTHENTICATE, b"", phone=PHONE, serial=1)
    with gateway.running(), gateway.call("gt06"), gateway.call("jt808") as second:
        second.sendall(login)
        assert second.recv(64)
        with gateway.call("jt808") as third:
            assert is_hung_up(third)
        assert 'reason="most_lines_of_address"' in gateway.metrics()


def test_it_stops_within_five_seconds_with_lines_open(gateway):
    with gateway.running() as process, gateway.call("jt808"):
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0


def test_a_spool_that_takes_no_more_leaves_terminals_unanswered(tmp_path, broker):
    gateway = Gateway(tmp_path, broker, PATROL_GATEWAY_SPOOL_MOST_MB="1")
    broker.kill()
    answered = 0
    with gateway.running(), gateway.call("jt808") as line:
        for serial in range(2_000):
            batch = jt808.batch(
                [jt808.location(fix_at(serial * 30 + n)) for n in range(30)], is_late=True
            )
            line.sendall(jt808.frame(jt808.BATCH, batch[:1000], phone=PHONE, serial=serial))
            try:
                if not line.recv(64):
                    break
            except ConnectionError:
                break
            answered += 1
        else:
            pytest.fail("it took everything")
        assert answered
        assert "patrol_gateway_refused_total" in gateway.metrics()
