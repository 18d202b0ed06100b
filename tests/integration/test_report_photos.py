"""Photos of reports on their way from a terminal to the API: cut off, spoilt, killed, refused."""

import hashlib
import json
import shutil
import socket
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import uvicorn
from structlog.testing import capture_logs

from api.app import make_app
from api.auth import TokenFile
from api.cli import brought_of
from api.settings import ApiSettings
from api.views import Views
from device.outbox import Outbox
from device.reports.settings import ReportSettings
from device.reports.taking import Reporter, Told
from device.reports.working import ReportWork
from ingest.writing.matters.reports import store_reports
from patrol.errors import InputError
from patrol.ids import TerminalId
from patrol.notices.reports import decode_report
from runtime.settings import load
from runtime.uploads.server import LineError, Outcome, Server
from runtime.workorders.opening import Opener
from tests.asking import TOKEN, bearer
from tests.guarded import Authority
from tests.processes import eventually, patrol
from tests.unit.device.pictures import HERE, jpeg, write

TERMINAL_TOKENS = {name: f"patrol_of-terminal-{name}-{'x' * 32}" for name in ("T01", "T02")}
PATCH = {"Content-Type": "application/offset+octet-stream"}
GO_ON = threading.Event()
WORK = """
import sys, threading
from pathlib import Path
from device.reports.settings import ReportSettings
from device.reports.working import ReportWork
url, token, outbox = sys.argv[1:]
settings = ReportSettings(
    upload_url=url, upload_token_file=Path(token), upload_chunk_bytes=4096
)
ReportWork(settings, Path(outbox), duty=None, here=None).run(threading.Event())
"""


@dataclass
class World:
    """A server with a folder of photos, and a terminal with reports."""

    folder: Path
    dsn: str
    port: int = 0
    photos: Path = field(init=False)

    def __post_init__(self) -> None:
        self.photos = self.folder / "photos"
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            self.port = one.getsockname()[1]
        write_tokens(self.folder / "readers", {"reader": TOKEN})
        write_tokens(self.folder / "terminals", TERMINAL_TOKENS)
        self.token.write_text(TERMINAL_TOKENS["T01"])
        lines = [
            "[database]",
            f"dsn = {json.dumps(self.dsn)}",
            "[api]",
            f"port = {self.port}",
            f'tokens_file = "{self.folder}/readers"\nterminal_tokens_file = "{self.folder}/terminals"',
            f'photo_folder = "{self.photos}"\nphoto_bytes = 2000000',
        ]
        (self.folder / "api.toml").write_text("\n".join(lines))

    @property
    def token(self) -> Path:
        return self.folder / "token"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def outbox(self) -> Path:
        return self.folder / "terminal" / "outbox"

    @property
    def settings(self) -> ReportSettings:
        return ReportSettings(
            upload_url=self.url, upload_token_file=self.token, upload_chunk_bytes=65_536
        )

    @property
    def reporter(self) -> Reporter:
        return Reporter(self.settings, self.outbox)

    def report(self, *, filler: int = 300_000, is_stored: bool = True) -> str:
        """Take a report, store it if it is to be, and return the SHA-256 of its photo."""
        photo = write(self.folder, "a.jpg", jpeg(filler=filler))
        report = self.reporter.take(HERE, Told(category="lamp", photos=[photo]))
        if is_stored:
            self.store()
        return report.photos[0].sha256

    def store(self, terminal: str = "T01") -> None:
        """Store on the server what waits in the outbox."""
        with Outbox(self.outbox) as outbox, psycopg.connect(self.dsn) as conn:
            told = [
                (TerminalId(terminal), decode_report(one.payload))
                for one in outbox.read_letters(most=10)
            ]
            store_reports(conn, told, opener=Opener(), received_at=datetime.now(UTC))

    @contextmanager
    def serving(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run the API as a process of its own."""
        command = ("api", "run", "--config", str(self.folder / "api.toml"))
        with patrol(*command, environment={}, log=self.folder / "api.log") as process:
            eventually(self.is_up, what="the API")
            yield process

    @contextmanager
    def serving_here(self, **more: Any) -> Iterator[None]:
        """Run the same application in a thread, which starts sooner."""
        file = tomllib.loads((self.folder / "api.toml").read_text())
        settings = load(ApiSettings, "api", file=file, environment={})
        app = make_app(
            Views(self.dsn, settings), TokenFile(settings.tokens_file), brought_of(settings)
        )
        config = uvicorn.Config(app, port=self.port, http="h11", log_config=None, **more)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            eventually(lambda: server.started, what="the API")
            yield
        finally:
            server.should_exit = True
            thread.join(10)

    def is_up(self) -> bool:
        try:
            return httpx.get(f"{self.url}/v1/health").status_code == 200
        except httpx.TransportError:
            return False

    def ask(
        self, method: str, name: str, body: bytes = b"", *, token: str = "", **headers: str
    ) -> httpx.Response:
        given = bearer(token or TERMINAL_TOKENS["T01"]) | headers
        return httpx.request(method, f"{self.url}/v1/photos/{name}", content=body, headers=given)

    def patch(self, name: str, body: bytes, offset: int) -> httpx.Response:
        return self.ask("PATCH", name, body, **PATCH, **{"Upload-Offset": str(offset)})

    def received(self, name: str) -> int:
        return int(self.ask("HEAD", name).headers["Upload-Offset"])

    def bring(self, name: str) -> Outcome:
        with Server(self.settings.destination) as server:
            return server.bring(self.reporter.waiting.path_of(name), GO_ON)[0]

    def stored(self, name: str) -> Path:
        return self.photos / name[:2] / name

    def is_stored(self, name: str) -> bool:
        path = self.stored(name)
        return path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == name


def write_tokens(path: Path, tokens: Mapping[str, str]) -> None:
    lines = [f"{who} {hashlib.sha256(one.encode()).hexdigest()}\n" for who, one in tokens.items()]
    path.write_text("".join(lines))
    path.chmod(0o600)


def cut_off(world: World, name: str, *, after: int) -> None:
    """Begin to bring a photo and lose the line after so many bytes."""
    data = world.reporter.waiting.path_of(name).read_bytes()
    with socket.create_connection(("127.0.0.1", world.port)) as line:
        head = (
            f"PATCH /v1/photos/{name} HTTP/1.1\r\nHost: here\r\nUpload-Offset: 0\r\n"
            f"Authorization: Bearer {TERMINAL_TOKENS['T01']}\r\nContent-Length: {len(data)}\r\n"
            f"Content-Type: {PATCH['Content-Type']}\r\n\r\n"
        )
        line.sendall(head.encode() + data[:after])
        part = world.photos / "partial" / f"T01.{name}"
        eventually(part.exists, what="the first bytes")
    eventually(lambda: world.received(name) == after, what="what came before the cut")


@pytest.fixture
def world(tmp_path: Path, database: str) -> World:
    return World(tmp_path, database)


@pytest.fixture
def served(world: World) -> Iterator[World]:
    with world.serving_here():
        yield world


def test_the_agent_brings_a_photo_and_forgets_it_when_the_server_has_it(served: World) -> None:
    name = served.report()
    stop = threading.Event()
    work = ReportWork(served.settings, served.outbox, duty=None, here=lambda: HERE)
    thread = threading.Thread(target=work.run, args=(stop,))
    thread.start()
    try:
        eventually(lambda: not served.reporter.waiting.names(), what="the end of waiting")
    finally:
        stop.set()
        thread.join(10)

    assert served.is_stored(name)
    assert list((served.photos / "partial").iterdir()) == []


def test_a_photo_cut_off_in_the_middle_goes_on_there(served: World) -> None:
    name = served.report()
    cut_off(served, name, after=123_457)

    assert served.bring(name) is Outcome.STORED
    assert served.is_stored(name)


def test_a_server_killed_in_the_middle_has_what_came(world: World) -> None:
    name = world.report()
    with world.serving() as process:
        cut_off(world, name, after=200_000)
        process.kill()
        process.wait()
        with pytest.raises(LineError):
            world.bring(name)
    with world.serving_here():
        received = world.received(name)
        assert world.bring(name) is Outcome.STORED

    assert received == 200_000
    assert world.is_stored(name)


def test_a_terminal_killed_in_the_middle_goes_on_after_it(served: World) -> None:
    name = served.report(filler=1_500_000)
    part = served.photos / "partial" / f"T01.{name}"
    command = [sys.executable, "-c", WORK, served.url, str(served.token), str(served.outbox)]
    with subprocess.Popen(command) as process:
        try:
            eventually(lambda: part.exists() and part.stat().st_size > 8192, what="some pieces")
        finally:
            process.kill()
    waiting = served.reporter.waiting.names()
    brought = part.stat().st_size

    assert waiting == [name]
    assert brought < 1_500_000
    assert served.bring(name) is Outcome.STORED
    assert served.is_stored(name)


def test_other_bytes_than_announced_are_thrown_away(served: World) -> None:
    name = served.report()
    size = served.reporter.waiting.path_of(name).stat().st_size
    answer = served.patch(name, bytes(size), 0)

    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (422, "photo-differs")
    assert served.received(name) == 0
    assert not served.stored(name).exists()
    assert list((served.photos / "partial").iterdir()) == []


def test_a_photo_spoilt_on_the_terminal_is_set_aside_and_said(served: World) -> None:
    name = served.report()
    path = served.reporter.waiting.path_of(name)
    path.write_bytes(bytes(path.stat().st_size))
    work = ReportWork(served.settings, served.outbox, duty=None, here=lambda: HERE)
    with capture_logs() as logged:
        work._bringing.bring(GO_ON)

    assert "reports.photo_damaged" in [one["event"] for one in logged]
    assert served.reporter.waiting.names() == []


def test_a_photo_waits_for_its_report(served: World) -> None:
    name = served.report(is_stored=False)
    before = served.bring(name)
    served.store()

    assert before is Outcome.NOT_AWAITED
    assert served.bring(name) is Outcome.STORED


def test_what_another_terminal_announced_is_not_taken(served: World) -> None:
    name = served.report(is_stored=False)
    served.store("T02")

    assert served.bring(name) is Outcome.NOT_AWAITED


@pytest.mark.parametrize("token", [TOKEN, "patrol_nobody-" + "x" * 40])
def test_only_a_terminal_s_own_token_opens_the_way_in(served: World, token: str) -> None:
    name = served.report()

    assert served.ask("HEAD", name, token=token).status_code == 401
    assert served.ask("PATCH", name, b"x", token=token, **PATCH).status_code == 401
    reader = httpx.get(f"{served.url}/v1/workers", headers=bearer(TERMINAL_TOKENS["T01"]))
    assert reader.status_code == 401


def test_pieces_that_do_not_fit_are_refused_and_change_nothing(served: World) -> None:
    name = served.report()
    size = served.reporter.waiting.path_of(name).stat().st_size
    assert served.patch(name, b"12345", 0).headers["Upload-Offset"] == "5"

    elsewhere = served.patch(name, b"12345", 3)
    assert (elsewhere.status_code, elsewhere.headers["Upload-Offset"]) == (409, "5")
    assert served.patch(name, bytes(size), 5).status_code == 413
    assert served.ask("PATCH", name, b"1", **{"Upload-Offset": "5"}).status_code == 415
    assert served.patch(name, b"1", -1).status_code == 422
    assert served.ask("HEAD", "x" * 64).status_code == 422
    assert served.ask("GET", name).status_code == 405


def test_a_photo_larger_than_the_server_takes_is_refused(served: World) -> None:
    name = served.report(filler=2_000_001)

    assert served.bring(name) is Outcome.REFUSED


def test_the_document_of_the_api_describes_the_way_in(served: World) -> None:
    paths = httpx.get(f"{served.url}/openapi.json", timeout=30).json()["paths"]

    described = paths["/v1/photos/{sha256}"]
    assert set(described) == {"head", "patch"}
    assert {"204", "401", "404", "409", "413", "415", "422", "423"} <= set(
        described["patch"]["responses"]
    )


def test_a_repeat_of_what_is_stored_is_harmless(served: World) -> None:
    name = served.report()
    assert served.bring(name) is Outcome.STORED

    assert served.bring(name) is Outcome.STORED
    assert served.patch(name, b"x", 0).headers["Repr-Digest"].startswith("sha-256=:")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not here")
def test_a_server_that_is_not_trusted_gets_neither_photo_nor_token(world: World) -> None:
    name = world.report()
    authority = Authority(world.folder / "authority")
    server = authority.issue("server")
    url = world.url.replace("http:", "https:")
    trusting = replace(world.settings, upload_url=url, upload_ca_file=authority.certificate)
    path = world.reporter.waiting.path_of(name)
    with world.serving_here(ssl_certfile=server.certificate, ssl_keyfile=server.key):
        with (
            Server(replace(trusting, upload_ca_file=None).destination) as line,
            pytest.raises(LineError, match="CERTIFICATE_VERIFY_FAILED"),
        ):
            line.bring(path, GO_ON)
        with Server(trusting.destination) as line:
            assert line.bring(path, GO_ON) == (Outcome.STORED, "")


@pytest.mark.parametrize("name", ["upload_ca_file", "upload_token_file"])
def test_a_file_that_cannot_be_read_is_named(world: World, name: str) -> None:
    settings = replace(
        world.settings, upload_url="https://127.0.0.1", **{name: world.folder / "none"}
    )

    with pytest.raises(InputError, match="none"):
        Server(settings.destination)


def test_without_a_folder_or_tokens_of_terminals_no_photo_is_taken(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="together or not at all"):
        ApiSettings(tokens_file=tmp_path, photo_folder=tmp_path)
