"""The doctor: what it finds of a terminal, and with which exit code."""

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.clock import Clock
from device.doctor import receiver
from device.doctor.certificates import read_validity
from device.doctor.examine import examine
from device.doctor.findings import Finding, Grade, as_text, exit_code
from device.doctor.keeping import see_disk
from device.duty import Duty
from device.outbox import Outbox, since_boot_s
from device.receivers.state import Condition, ReceiverState
from device.sending import SenderState
from device.settings import DeviceSettings
from device.sky import Antenna
from device.window.board import Board
from device.window.looks import Parts
from device.window.serving import opened
from device.window.sockets import socket_of
from patrol.errors import InputError
from patrol.fix import Fix, epoch_ms
from patrol.messages import position_of
from runtime.broker import BrokerSettings
from runtime.lines import Health, LineState
from tests.unit.device.terminal import (
    SerialLine,
    always_on_duty,
    gga,
    patrol,
    rmc,
    signed,
    write_key,
)

NOW = datetime.now(UTC)
# Nobody listens on the port of discarded things.
NOWHERE = BrokerSettings(port=9)


def settings_in(folder: Path, *, port: str = "nowhere") -> DeviceSettings:
    """Return the settings of a terminal whose files are all in one folder."""
    return DeviceSettings(
        terminal_id="T01",
        port=str(folder / port),
        outbox=folder / "outbox.sqlite",
        plan_file=folder / "plan",
        plan_key_file=write_key(folder),
        page_port=0,
    )


def found_of(
    settings: DeviceSettings, *, broker: BrokerSettings = NOWHERE, now: datetime = NOW
) -> dict[str, Finding]:
    """Return what the doctor finds, by what was looked at."""
    return {one.what: one for one in examine(settings, broker, now=now)}


@contextmanager
def running(settings: DeviceSettings, board: Board) -> Iterator[None]:
    """Let an agent's window answer."""
    with Outbox(settings.outbox):
        pass
    duty = Duty(settings)
    duty.take(signed(replace(always_on_duty(), number=epoch_ms(NOW))))
    with opened(Parts(settings, duty, Clock(), board)):
        yield


def board_of(state: LineState = LineState.CONNECTED, *, reason: str = "") -> Board:
    """Return what a terminal has pinned up, with a fix of this moment."""
    board = Board(line=lambda: SenderState(Health(state, reason), 3.0))
    board.note_fix(
        Fix(epoch=datetime.now(UTC), lat_deg=30, lon_deg=104, accuracy_m=4.0, satellites=9)
    )
    return board


def der(tag: int, *parts: bytes) -> bytes:
    """Return a value of ASN.1 as DER."""
    content = b"".join(parts)
    digits = len(content).to_bytes(2, "big")
    return bytes([tag, 0x82]) + digits + content


def certificate(start: datetime, end: datetime) -> str:
    """Return a certificate with these dates, and nothing else that anybody would believe."""
    validity = der(
        0x30,
        der(0x17, f"{start:%y%m%d%H%M%SZ}".encode()),
        der(0x18, f"{end:%Y%m%d%H%M%SZ}".encode()),
    )
    version, serial, rest = der(0xA0, b"\2\1\2"), b"\2\1\1", der(0x30, b"\5\0")
    signed_part = der(0x30, version, serial, rest, rest, validity, rest)
    return ssl.DER_cert_to_PEM_cert(der(0x30, signed_part, rest))


def test_a_terminal_that_is_well_is_found_well(tmp_path):
    settings = settings_in(tmp_path)

    board = board_of()
    board.receiver = ReceiverState("/dev/ttyS1", condition=Condition.READING, baud=9600).as_json
    with running(settings, board):
        findings = list(examine(settings, NOWHERE, now=NOW))

    assert {one.what: one.grade for one in findings} == dict.fromkeys(
        [
            "agent",
            "plan",
            "receiver",
            "fix",
            "clock",
            "outbox",
            "disk",
            "certificates",
            "broker",
            "stored",
        ],
        Grade.OK,
    )
    assert exit_code(findings) == 0


def test_an_agent_that_does_not_run_is_broken(tmp_path):
    found = found_of(settings_in(tmp_path))

    assert found["agent"].grade is Grade.BROKEN
    assert "systemctl start" in found["agent"].advice


def test_an_agent_that_does_not_answer_is_left_its_port(tmp_path):
    settings = settings_in(tmp_path)
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(socket_of(settings.outbox)))
        mute.listen()

        def hang_up() -> None:
            mute.accept()[0].close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        found = found_of(settings)
        thread.join()

    assert found["agent"].grade is Grade.BROKEN
    assert not found.keys() & {"receiver", "fix", "broker"}


@pytest.mark.parametrize(
    ("state", "grade"),
    [
        (LineState.CONNECTED, Grade.OK),
        (LineState.CONNECTING, Grade.UNKNOWN),
        (LineState.UNREACHABLE, Grade.BROKEN),
        (LineState.UNTRUSTED, Grade.BROKEN),
        (LineState.REFUSED, Grade.BROKEN),
        (LineState.DENIED, Grade.BROKEN),
    ],
)
def test_the_line_is_as_the_agent_says(tmp_path, state, grade):
    settings = settings_in(tmp_path)

    with running(settings, board_of(state, reason="the reason")):
        found = found_of(settings)["broker"]

    assert found.grade is grade
    assert grade is not Grade.BROKEN or ("the reason" in found.text and found.advice)


def test_an_agent_without_a_fix_on_duty_is_to_be_looked_after(tmp_path):
    settings = settings_in(tmp_path)

    with running(settings, Board()):
        found = found_of(settings)

    assert (found["fix"].grade, found["clock"].grade) == (Grade.WARNING, Grade.UNKNOWN)


@pytest.mark.parametrize(
    ("behind", "words"), [(timedelta(hours=1), "ahead of"), (-timedelta(hours=1), "behind")]
)
def test_a_clock_that_is_not_the_receivers_is_said(tmp_path, behind, words):
    settings, board = settings_in(tmp_path), Board()
    board.note_fix(Fix(epoch=datetime.now(UTC) - behind, lat_deg=30, lon_deg=104))

    with running(settings, board):
        found = found_of(settings)["clock"]

    assert found.grade is Grade.WARNING
    assert words in found.text


def test_what_waits_for_more_than_a_day_is_said(tmp_path):
    settings = settings_in(tmp_path)
    old = Fix(epoch=datetime.now(UTC) - timedelta(hours=30), lat_deg=30, lon_deg=104)
    with Outbox(settings.outbox) as outbox:
        outbox.put([position_of(old)], now_s=since_boot_s())

    with running(settings, Board()):
        found = found_of(settings)

    assert (found["outbox"].grade, found["stored"].grade) == (Grade.WARNING, Grade.BROKEN)
    assert "the oldest for 30.0 h" in found["outbox"].text


def test_an_outbox_is_read_where_no_agent_runs(tmp_path):
    settings = settings_in(tmp_path)
    with Outbox(settings.outbox) as outbox:
        outbox.put([position_of(Fix(epoch=NOW, lat_deg=30, lon_deg=104))], now_s=since_boot_s())

    assert found_of(settings)["outbox"].text == "1 fixes and 0 messages wait"


def test_a_damaged_outbox_is_broken(tmp_path):
    settings = settings_in(tmp_path)
    settings.outbox.write_bytes(b"no database" * 1000)

    assert found_of(settings)["outbox"].grade is Grade.BROKEN


def test_a_terminal_without_a_plan_is_told_why_nothing_is_tracked(tmp_path):
    assert found_of(settings_in(tmp_path))["plan"].grade is Grade.WARNING


@pytest.mark.parametrize(
    ("terminal", "age", "grade"),
    [
        ("T01", timedelta(hours=1), Grade.OK),
        ("T01", timedelta(days=8), Grade.WARNING),
        ("T01", -timedelta(hours=1), Grade.BROKEN),
        ("T02", timedelta(hours=1), Grade.BROKEN),
    ],
)
def test_a_plan_is_signed_for_this_terminal_and_new(tmp_path, terminal, age, grade):
    settings = settings_in(tmp_path)
    plan = always_on_duty()
    settings.plan_file.write_bytes(signed(plan, terminal))
    issued = datetime.fromtimestamp(plan.number / 1000, UTC)

    assert found_of(settings, now=issued + age)["plan"].grade is grade


def test_a_key_that_is_not_there_is_broken(tmp_path):
    settings = settings_in(tmp_path)
    settings.plan_key_file.unlink()

    assert "plan-key" in found_of(settings)["plan"].text


def test_a_port_that_is_not_there_is_broken(tmp_path):
    found = found_of(settings_in(tmp_path))["receiver"]

    assert (found.grade, "missing" in found.text) == (Grade.BROKEN, True)


@pytest.mark.parametrize(
    ("sent", "grades"),
    [
        (lambda n: rmc(n) + gga(n), {"receiver": "ok", "fix": "ok"}),
        (lambda _n: b"\x80\xf8\x86" * 20, {"receiver": "broken"}),
    ],
)
def test_a_receiver_is_listened_to_where_no_agent_runs(tmp_path, monkeypatch, sent, grades):
    monkeypatch.setattr(receiver, "_LISTEN_S", 1.5)
    line = SerialLine(tmp_path / "port")
    line.plug_in()
    is_over = threading.Event()

    def send() -> None:
        second = 0
        while not is_over.wait(0.05):
            second += 1
            line.send(sent(second))

    thread = threading.Thread(target=send)
    thread.start()
    try:
        found = found_of(settings_in(tmp_path, port="port"))
    finally:
        is_over.set()
        thread.join()
        line.unplug()

    assert {name: found[name].grade for name in grades} == grades


def test_a_broker_that_cannot_be_reached_is_broken(tmp_path):
    found = found_of(settings_in(tmp_path))["broker"]

    assert (found.grade, found.text) == (Grade.BROKEN, "unreachable: Connection refused")


def test_a_password_that_is_not_there_is_broken(tmp_path):
    broker = BrokerSettings(port=9, username="T01", password_file=tmp_path / "nothing")

    assert "password_file" in found_of(settings_in(tmp_path), broker=broker)["broker"].text


@pytest.mark.parametrize(
    ("days", "grade"),
    [
        ((-1, 60), Grade.OK),
        ((-1, 10), Grade.WARNING),
        ((-9, -1), Grade.BROKEN),
        ((1, 60), Grade.BROKEN),
    ],
)
def test_a_certificate_holds_today(tmp_path, days, grade):
    start, end = (NOW + timedelta(days=one) for one in days)
    path = tmp_path / "ca.pem"
    path.write_text(certificate(start, end))
    broker = BrokerSettings(port=9, ca_file=path)

    found = found_of(settings_in(tmp_path), broker=broker)["ca_file"]

    assert (found.grade, f"to {end:%Y-%m-%d}" in found.text) == (grade, True)


def test_a_line_to_elsewhere_without_encryption_is_said(tmp_path):
    broker = BrokerSettings(host="broker.invalid", port=9)

    assert found_of(settings_in(tmp_path), broker=broker)["certificates"].grade is Grade.WARNING


def test_both_kinds_of_dates_are_read(tmp_path):
    path = tmp_path / "one.pem"
    dates = datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(2050, 1, 1, tzinfo=UTC)
    path.write_text(certificate(*dates))

    assert read_validity(path) == dates


@pytest.mark.parametrize(
    "text", ["", "é", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"]
)
def test_what_is_no_certificate_is_refused(tmp_path, text):
    path = tmp_path / "one.pem"
    path.write_text(text)

    with pytest.raises(InputError, match=r"one\.pem"):
        read_validity(path)


@given(st.binary(max_size=60))
def test_nothing_but_a_reason_comes_of_a_broken_certificate(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "any.pem"
    path.write_text(ssl.DER_cert_to_PEM_cert(b"\x30\x03\x30\x01" + data))

    with pytest.raises(InputError):
        read_validity(path)


def test_a_folder_that_is_not_there_is_broken(tmp_path):
    assert see_disk(tmp_path / "nothing").grade is Grade.BROKEN


@pytest.mark.parametrize(
    ("grades", "code"),
    [
        ([Grade.OK, Grade.UNKNOWN], 0),
        ([Grade.OK, Grade.WARNING], 1),
        ([Grade.WARNING, Grade.BROKEN], 69),
    ],
)
def test_the_exit_code_is_of_the_worst(grades, code):
    assert exit_code([Finding("a", grade, "b") for grade in grades]) == code


def test_the_screen_says_what_to_do():
    text = as_text([Finding("disk", Grade.WARNING, "little room", "free space")])

    assert [line.split() for line in text.splitlines()] == [
        ["WARNING", "disk", "little", "room"],
        [">", "free", "space"],
    ]


def test_the_command_answers_scripts(tmp_path):
    settings = settings_in(tmp_path)
    config = tmp_path / "device.toml"
    device = {
        "terminal_id": "T01",
        "port": settings.port,
        "outbox": str(settings.outbox),
        "plan_file": str(settings.plan_file),
        "plan_key_file": str(settings.plan_key_file),
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in device.items()]
    config.write_text("\n".join(["[device]", *lines, "[broker]", "port = 9"]))

    done = patrol("device", "doctor", "--config", str(config), "--json")

    assert done.returncode == 69
    assert json.loads(done.stdout)["agent"]["grade"] == "broken"


@pytest.mark.parametrize(
    ("changed", "grades"),
    [
        ({"condition": Condition.READING}, {"receiver": "ok"}),
        ({"condition": Condition.SEARCHING}, {"receiver": "unknown"}),
        ({"condition": Condition.FORBIDDEN}, {"receiver": "broken"}),
        ({"condition": Condition.UNREADABLE, "baud": 9600}, {"receiver": "broken"}),
        ({"antenna": Antenna.OK}, {"antenna": "ok"}),
        ({"antenna": Antenna.SHORT}, {"antenna": "broken"}),
        ({"in_view": 12, "strongest_dbhz": 40}, {"sky": "ok"}),
        ({"date": "rollover"}, {"date": "warning"}),
    ],
)
def test_a_receiver_is_as_the_agent_says(tmp_path, changed, grades):
    settings, board = settings_in(tmp_path), board_of()
    board.receiver = ReceiverState("/dev/ttyS1", **changed).as_json

    with running(settings, board):
        found = found_of(settings)

    assert {name: found[name].grade for name in grades} == grades
