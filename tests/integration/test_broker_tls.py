"""The line to a broker that must prove who it is, and that asks who we are."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from device.outbox import Outbox, count_at, since_boot_s
from device.sending import Sender
from device.settings import DeviceSettings
from patrol.errors import InputError
from patrol.messages import Position, PositionBatch, encode_position
from runtime.lines import LineState
from runtime.mqtt import BrokerSettings, Manner, Session
from simulator.services import Mosquitto, find_mosquitto
from tests.guarded import Authority, GuardedMosquitto
from tests.integration.test_device_sender import sending
from tests.integration.test_ingest_run import ON_DUTY, count, wait_until_subscribed
from tests.processes import eventually, patrol
from tests.unit.device.server import TERMINAL, Server

pytestmark = pytest.mark.skipif(
    find_mosquitto() is None or shutil.which("openssl") is None,
    reason="Mosquitto or openssl is not here",
)
FIXES = 20


@pytest.fixture(scope="module")
def authority() -> Iterator[Authority]:
    with tempfile.TemporaryDirectory(prefix="patrol-test-") as name:
        yield Authority(Path(name) / "authority")


@pytest.fixture
def run() -> Iterator[Callable[[Mosquitto], Mosquitto]]:
    """Return what starts a broker, which is stopped in the end."""
    with ExitStack() as stack:

        def start(broker: Mosquitto) -> Mosquitto:
            broker.start()
            stack.callback(broker.stop)
            return broker

        yield start


@pytest.fixture
def settings(tmp_path: Path) -> DeviceSettings:
    """Return the settings of a terminal in whose outbox fixes wait."""
    made = DeviceSettings(
        terminal_id=TERMINAL, port="/dev/null", outbox=tmp_path / "outbox.sqlite", resend_s=3.0
    )
    with Outbox(made.outbox) as outbox:
        fixes = [Position(1_760_000_000_000 + 1000 * n, n, n) for n in range(FIXES)]
        outbox.put(fixes, now_s=since_boot_s() - 100)
    return made


@contextmanager
def serving(broker: BrokerSettings) -> Iterator[Server]:
    server = Server(broker)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def meets(sender: Sender, state: LineState) -> str:
    """Return why the line is in a state, once it is."""
    eventually(lambda: sender.state.line.state is state, what=state)
    return sender.state.line.reason


def waiting(settings: DeviceSettings) -> int:
    return count_at(settings.outbox).waiting


def test_fixes_arrive_over_tls(tmp_path, authority, run, settings):
    broker = run(GuardedMosquitto(tmp_path / "b", authority.issue("good"), authority=authority))
    with serving(broker.settings) as server, sending(settings, broker.settings):
        server.serve_until(lambda: waiting(settings) == 0)


def test_a_broker_whose_certificate_has_expired_gets_nothing_until_it_has_a_new_one(
    tmp_path, authority, run, settings
):
    expired = authority.issue("expired", days=-1)
    broker = GuardedMosquitto(tmp_path / "b", expired, authority=authority)
    run(broker)
    with sending(settings, broker.settings) as sender:
        assert "certificate has expired" in meets(sender, LineState.UNTRUSTED)
        assert waiting(settings) == FIXES
        broker.stop()
        broker.identity = authority.issue("renewed")
        broker.start()
        with serving(broker.settings) as server:
            server.serve_until(lambda: waiting(settings) == 0)


@pytest.mark.parametrize(
    ("address", "knows", "reason"),
    [
        ("127.0.0.2", True, "IP address mismatch"),
        ("127.0.0.1", False, "unable to get local issuer"),
    ],
)
def test_a_broker_that_is_another_gets_nothing(
    tmp_path, authority, run, settings, address, knows, reason
):
    theirs = authority if knows else Authority(tmp_path / "others")
    identity = theirs.issue(f"other-{knows}", address=address)
    broker = run(GuardedMosquitto(tmp_path / "b", identity, authority=authority))
    with sending(settings, broker.settings) as sender:
        assert reason in meets(sender, LineState.UNTRUSTED)
    assert waiting(settings) == FIXES


def test_a_terminal_is_known_by_its_certificate(tmp_path, authority, run, settings):
    made = GuardedMosquitto(tmp_path / "b", authority.issue("b"), authority=authority, asks=True)
    broker = run(made)
    ours, server_s = authority.issue(TERMINAL), authority.issue("ingest")
    known = replace(broker.settings, certificate_file=ours.certificate, key_file=ours.key)
    far = replace(broker.settings, certificate_file=server_s.certificate, key_file=server_s.key)
    with sending(settings, broker.settings) as stranger:
        assert "TLS" in meets(stranger, LineState.REFUSED)
        assert waiting(settings) == FIXES
    with serving(far) as server, sending(settings, known):
        server.serve_until(lambda: waiting(settings) == 0)


def test_a_terminal_whose_certificate_has_expired_is_told_and_keeps_its_fixes(
    tmp_path, authority, run, settings
):
    made = GuardedMosquitto(tmp_path / "b", authority.issue("b2"), authority=authority, asks=True)
    broker = run(made)
    old = authority.issue("old", days=-1)
    ours = replace(broker.settings, certificate_file=old.certificate, key_file=old.key)
    with sending(settings, ours) as sender:
        assert "EXPIRED" in meets(sender, LineState.REFUSED)
    assert waiting(settings) == FIXES


def accounts(folder: Path, *names: str) -> dict[str, Path]:
    """Write passwords and return where they are."""
    for name in names:
        (folder / name).write_text(f"secret of {name}\n")
    return {name: folder / name for name in names}


def test_a_wrong_password_is_told_and_tried_again_until_it_is_right(tmp_path, run, settings):
    files = accounts(tmp_path, TERMINAL, "ingest")
    guarded = Mosquitto(
        tmp_path / "b", accounts={TERMINAL: "another", "ingest": "secret of ingest"}
    )
    run(guarded)
    ours = replace(guarded.settings, username=TERMINAL, password_file=files[TERMINAL])
    far = replace(guarded.settings, username="ingest", password_file=files["ingest"])
    with sending(settings, ours) as sender:
        assert "Not authorized" in meets(sender, LineState.REFUSED)
        assert waiting(settings) == FIXES
        guarded.stop()
        guarded._accounts = {TERMINAL: f"secret of {TERMINAL}", "ingest": "secret of ingest"}
        guarded.start()
        with serving(far) as server:
            server.serve_until(lambda: waiting(settings) == 0)


def test_a_topic_that_is_denied_is_told_and_nothing_is_lost(tmp_path, run, settings):
    """A terminal that logs in under another's name may not write to its own topics."""
    files = accounts(tmp_path, "T02")
    guarded = run(Mosquitto(tmp_path / "b", accounts={"T02": "secret of T02"}))
    ours = replace(guarded.settings, username="T02", password_file=files["T02"])
    with sending(settings, ours) as sender:
        reason = meets(sender, LineState.DENIED)

    assert reason.startswith(f"gp/1/{TERMINAL}/")
    assert "Not authorized" in reason
    assert waiting(settings) == FIXES


def test_a_broker_that_is_not_there_is_told(settings):
    with sending(settings, BrokerSettings(port=1)) as sender:
        assert "refused" in meets(sender, LineState.UNREACHABLE)


@pytest.mark.parametrize("name", ["ca_file", "certificate_file"])
def test_a_file_that_is_missing_or_no_certificate_is_named(tmp_path, authority, name):
    (tmp_path / "noise").write_bytes(b"noise")
    for file in ("missing", "noise"):
        given = {"ca_file": authority.certificate, name: tmp_path / file}
        with pytest.raises(InputError, match=f"{name} .*{file}"):
            Session(BrokerSettings(**given), Manner(client_id="x"))


def test_a_certificate_without_its_own_key_is_refused(authority):
    one, other = authority.issue("one"), authority.issue("other")
    broker = BrokerSettings(certificate_file=one.certificate, key_file=other.key)
    with pytest.raises(InputError, match="key"):
        Session(broker, Manner(client_id="x"))
    with pytest.raises(InputError, match="certificate_file is not"):
        BrokerSettings(key_file=one.key)


def test_the_ingest_stores_what_comes_over_tls(tmp_path, authority, run, database):
    """More messages at once than one record of TLS holds."""
    broker = run(GuardedMosquitto(tmp_path / "b", authority.issue("far"), authority=authority))
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute(ON_DUTY)
    environment = {
        "PATROL_DATABASE_DSN": database,
        "PATROL_BROKER_PORT": str(broker.port),
        "PATROL_BROKER_CA_FILE": str(authority.certificate),
        "PATROL_INGEST_FUTURE_S": "600",
    }
    terminal = Session(broker.settings, Manner(client_id="terminal"))
    terminal.start()
    with patrol("ingest", "run", environment=environment, log=tmp_path / "ingest.log"):
        wait_until_subscribed(tmp_path / "ingest.log")
        eventually(lambda: terminal.is_connected)
        for first in range(0, 20_000, 100):
            fixes = tuple(
                Position(1_760_000_000_000 + 1000 * n, 306_600_000, 1_040_600_000)
                for n in range(first, first + 100)
            )
            batch = PositionBatch(seq=first, source="agent", outbox="a", positions=fixes)
            terminal.publish(f"gp/1/{TERMINAL}/position", encode_position(batch))
        eventually(lambda: count(database, "position") == 20_000)
    terminal.stop()
