"""A photo of a JT/T 808 terminal: parts lost, the line to the API cut, the gateway killed."""

import hashlib
import signal
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psycopg
import pytest

from simulator.terminals import jt808
from tests.asking import bearer
from tests.district import rows
from tests.integration.test_gateway_run import ON_DUTY, PHONE, Gateway, fix_at
from tests.integration.test_report_photos import World, write_tokens
from tests.processes import eventually, patrol

GATEWAY_TOKEN = f"patrol_of-the-gateway-{'x' * 32}"
JPEG = b"\xff\xd8" + bytes(range(251)) * 800 + b"\xff\xd9"
NAME = hashlib.sha256(JPEG).hexdigest()
CUT_AFTER_BYTES = 120_000
REPORTS = """
select r.terminal_id, r.category, encode(p.sha256, 'hex'), p.bytes
  from photo_report r join report_photo p using (terminal_id, report_id)
"""


class Line:
    """A way to the API that is cut the first time after so many bytes; it counts all that go up."""

    def __init__(self, port: int) -> None:
        self._api = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.is_cut = False
        self.sent_bytes = 0

    def run(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            with near, socket.create_connection(("127.0.0.1", self._api)) as far:
                back = threading.Thread(target=pump, args=(far, near))
                back.start()
                self._forward(near, far)
                # Both ways at once, as a line that breaks does.
                for one in (near, far):
                    with suppress(OSError):
                        one.shutdown(socket.SHUT_RDWR)
                back.join()

    def _forward(self, near: socket.socket, far: socket.socket) -> None:
        while data := near.recv(16_384):
            far.sendall(data)
            self.sent_bytes += len(data)
            if not self.is_cut and self.sent_bytes > CUT_AFTER_BYTES:
                self.is_cut = True
                self.sent_bytes = 0
                return

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(16_384):
            target.sendall(data)
    except OSError:
        return


@contextmanager
def line_to(port: int) -> Iterator[Line]:
    line = Line(port)
    thread = threading.Thread(target=line.run, daemon=True)
    thread.start()
    try:
        yield line
    finally:
        line.close()
        thread.join(10)


@contextmanager
def storing(folder: Path, broker, dsn: str) -> Iterator[None]:
    with psycopg.connect(dsn) as conn:
        conn.execute(ON_DUTY)
    environment = {"PATROL_DATABASE_DSN": dsn, "PATROL_BROKER_PORT": str(broker.port)}
    log = folder / "ingest.log"
    with patrol("ingest", "run", environment=environment, log=log):
        eventually(lambda: "mqtt.subscribed" in log.read_text(), what="the ingest")
        yield


def send_picture(gateway: Gateway) -> None:
    """Send a picture in parts as a terminal does, the fifth lost until it is asked for."""
    bodies = jt808.picture(77, fix_at(0), JPEG)
    frames = [
        jt808.frame_2019(jt808.MEDIA, body, phone=PHONE, serial=number, part=(len(bodies), number))
        for number, body in enumerate(bodies, start=1)
    ]
    with gateway.call("jt808") as line:
        for number, frame in enumerate(frames, start=1):
            if number != 5:
                line.sendall(frame)
                asked = line.recv(256)
        asked += b"" if b"\x88\x00" in asked else line.recv(256)
        assert struct.pack(">IBH", 77, 1, 5) in asked
        line.sendall(frames[4])
        # The picture is confirmed when it lies on the gateway's disk.
        heard = line.recv(256)
        assert struct.pack(">I", 77) in (heard if b"\x88\x00" in heard else line.recv(256))


@pytest.fixture
def world(tmp_path: Path, database: str) -> World:
    made = World(tmp_path, database)
    write_tokens(tmp_path / "terminals", {"gateway": GATEWAY_TOKEN})
    with (tmp_path / "api.toml").open("a") as file:
        file.write('\ngateways = "gateway, another"\n')
    (tmp_path / "gateway-token").write_text(GATEWAY_TOKEN)
    return made


def test_a_photo_in_parts_comes_to_the_server_though_the_line_is_cut_and_the_gateway_killed(
    tmp_path, broker, database, world
):
    with world.serving_here(), storing(tmp_path, broker, database), line_to(world.port) as line:
        gateway = Gateway(tmp_path, broker)
        with gateway.running() as process:
            send_picture(gateway)
            eventually(lambda: rows(database, REPORTS), what="the report")
            process.send_signal(signal.SIGKILL)
            process.wait()
        waiting = tmp_path / "spool-photos" / "J1" / NAME
        assert hashlib.sha256(waiting.read_bytes()).hexdigest() == NAME
        gateway.environment = {
            **gateway.environment,
            "PATROL_GATEWAY_PHOTO_URL": f"http://127.0.0.1:{line.port}",
            "PATROL_GATEWAY_PHOTO_TOKEN_FILE": str(tmp_path / "gateway-token"),
        }
        with gateway.running() as process:
            eventually(lambda: line.is_cut, what="the cut")
            process.send_signal(signal.SIGKILL)
            process.wait()
        assert waiting.exists()
        with gateway.running():
            eventually(lambda: not waiting.exists(), what="the end of waiting")

        assert rows(database, REPORTS) == [("J1", "terminal.photo", NAME, len(JPEG))]
        assert world.is_stored(NAME)
        # It went on where it was cut.
        assert 0 < line.sent_bytes < len(JPEG) - CUT_AFTER_BYTES // 2


def test_a_gateway_brings_for_the_terminal_that_announced_a_photo_and_no_terminal_for_another(
    world,
):
    write_tokens(
        world.folder / "terminals",
        {"gateway": GATEWAY_TOKEN, "T02": f"patrol_of-terminal-T02-{'x' * 32}"},
    )
    name = world.report()
    with world.serving_here():

        def look(token: str, terminal: str) -> int:
            where = f"{world.url}/v1/photos/{name}?terminal_id={terminal}"
            return httpx.head(where, headers=bearer(token)).status_code

        assert look(GATEWAY_TOKEN, "T01") == 200
        assert look(GATEWAY_TOKEN, "T02") == 404
        assert look(f"patrol_of-terminal-T02-{'x' * 32}", "T01") == 404
