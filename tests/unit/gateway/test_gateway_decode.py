"""`patrol gateway decode` prints what a capture says, whatever is in it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.captures import LINE_LIMIT_BYTES
from gateway.codecs.events import (
    Alive,
    Event,
    FrameError,
    Happened,
    Identified,
    Located,
    Photo,
    RawFix,
    Refused,
    Reply,
)
from gateway.codecs.profile import Profile
from gateway.decoding import PROTOCOLS, Place
from gateway.telling import as_json
from runtime.cli import run

LINE_LIMIT = 100
LOGIN = "787805010001d9dc0d0a"

Decode = Callable[..., list[dict[str, object]]]


class PlainCodec:
    """Lines of `id,lat,lon,epoch`: what a protocol needs, as docs/howto/add-a-protocol.md says.

    Keeps a line of at most 100 bytes.
    """

    def __init__(self, profile: Profile) -> None:
        self.frames = 0
        self._offset = profile.clock_offset or timedelta()
        self._buffer = b""

    def receive(self, data: bytes, *, received_at: datetime) -> list[Event]:  # noqa: ARG002 - its lines have a time
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        if len(self._buffer) > LINE_LIMIT:
            raise FrameError("a line does not end: close the connection")
        return [event for line in lines for event in self._read(line)]

    def close(self) -> list[Event]:
        last, self._buffer = self._buffer, b""
        return self._read(last)

    def _read(self, line: bytes) -> list[Event]:
        if not line.strip():
            return []
        self.frames += 1
        try:
            name, lat, lon, seconds = line.decode("ascii").split(",")
            fix = RawFix(
                epoch=datetime.fromtimestamp(float(seconds), UTC) - self._offset,
                lat_deg=float(lat),
                lon_deg=float(lon),
            )
        except ValueError:
            return [Refused(reason="no id,lat,lon,epoch", code="malformed", data=line)]
        if name == "bug":
            raise ZeroDivisionError
        return [Located(terminal_id=name, fix=fix), Reply(data=b"OK\n")]


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the protocol its place in the table, which is all that it needs beside its file."""
    monkeypatch.setitem(sys.modules, "gateway.codecs.plain", sys.modules[__name__])
    place = Place("gateway.codecs.plain", "PlainCodec", of_bytes=False)
    monkeypatch.setitem(PROTOCOLS, "plain", place)


@pytest.fixture
def decode(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Decode:
    """Return what is printed of a capture in a file."""

    def decoded(capture: str | bytes, protocol: str, *options: str) -> list[dict[str, object]]:
        path = tmp_path / "capture"
        path.write_bytes(capture if isinstance(capture, bytes) else capture.encode())
        code = run(["gateway", "decode", protocol, *options, str(path)])

        assert code == 0
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return decoded


def reasons(events: list[dict[str, object]]) -> list[str]:
    return [str(event["reason"]) for event in events if event["event"] == "refused"]


@pytest.mark.usefixtures("plain")
def test_a_new_protocol_is_one_file_and_a_line_of_the_table(decode: Decode) -> None:
    located, reply = decode("7,30.5,104.2,1772424000", "plain")

    assert located == {
        "event": "located",
        "terminal_id": "7",
        "fix": {
            "epoch": "2026-03-02T04:00:00.000Z",
            "lat_deg": 30.5,
            "lon_deg": 104.2,
            "altitude_m": None,
            "speed_mps": None,
            "course_deg": None,
            "accuracy_m": None,
            "satellites": None,
            "valid": True,
        },
        "late": False,
        "alarms": [],
        "battery_pct": None,
        "attributes": {},
    }
    assert reply == {"event": "reply", "hex": "4f4b0a"}


@pytest.mark.usefixtures("plain")
def test_the_clock_of_the_terminal_is_set_by_an_option(decode: Decode) -> None:
    located, _ = decode("7,30.5,104.2,1772424000", "plain", "--clock-offset", "8")

    fix = located["fix"]
    assert isinstance(fix, dict)
    assert fix["epoch"] == "2026-03-01T20:00:00.000Z"


@pytest.mark.usefixtures("plain")
def test_refused_lines_are_numbered_and_the_rest_is_decoded(
    decode: Decode, capsys: pytest.CaptureFixture[str]
) -> None:
    events = decode("# mine\nbad\n7,1,2,3\n7,1\n", "plain")

    assert [event["event"] for event in events] == ["refused", "located", "reply", "refused"]
    assert reasons(events) == ["line 2: no id,lat,lon,epoch", "line 4: no id,lat,lon,epoch"]
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("plain")
def test_counts_of_events_and_refusals_stand_on_standard_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "capture").write_text("bad\n7,1,2,3\nbad\n", encoding="ascii")
    run(["gateway", "decode", "plain", str(tmp_path / "capture")])

    assert json.loads(capsys.readouterr().err) == {
        "events": {"refused": 2, "located": 1, "reply": 1},
        "refused": {"malformed": 2},
    }


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize(("options", "count"), [([], 1), (["--independent"], 0)])
def test_lines_of_hex_are_pieces_of_one_connection_unless_they_are_independent(
    decode: Decode, options: list[str], count: int
) -> None:
    halves = [b"7,30.5,", b"104.2,1772424000\n"]
    capture = "\n".join(["# halves", "", *(half.hex(" ") for half in halves)])
    events = decode(capture, "plain", "--hex", *options)

    assert sum(event["event"] == "located" for event in events) == count


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("line", ["7", "zz", "ä", "0x41", "\0"])
def test_what_is_no_hex_is_refused_with_its_line(decode: Decode, line: str) -> None:
    (reason,) = reasons(decode(f"\n{line}\n", "plain", "--hex"))

    assert reason.startswith("line 2: not hex")


@pytest.mark.usefixtures("plain")
def test_behind_bytes_that_end_a_connection_another_begins(decode: Decode) -> None:
    lines = [b"x" * (LINE_LIMIT + 1), b"7,1,2,3\n"]
    events = decode("\n".join(line.hex() for line in lines), "plain", "--hex")

    assert reasons(events) == ["line 1: a line does not end: close the connection"]
    assert events[1]["event"] == "located"


@pytest.mark.usefixtures("plain")
def test_a_line_without_end_is_refused(decode: Decode) -> None:
    events = decode(b"x" * (LINE_LIMIT_BYTES * 2) + b"\n7,1,2,3\n", "plain")

    assert reasons(events) == [f"line 1: longer than {LINE_LIMIT_BYTES} bytes: cut the capture"]
    assert events[1]["event"] == "located"


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("end", ["\n7,1,2,3\n", ""])
def test_a_fault_of_a_codec_is_told_and_does_not_end_the_capture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], end: str
) -> None:
    (tmp_path / "capture").write_text(f"bug,1,2,3{end}", encoding="ascii")
    code = run(["gateway", "decode", "plain", str(tmp_path / "capture")])
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    assert code == 70
    assert "ZeroDivisionError" in events[0]["reason"]
    assert len(events) == (3 if end else 1)


def test_a_capture_of_a_binary_protocol_is_one_stream(decode: Decode) -> None:
    login = bytes.fromhex("78780d01012345678901234500018cdd0d0a")
    events = decode(b"\0garbage" + login, "gt06")

    assert {"event": "identified", "terminal_id": "123456789012345"}.items() <= events[
        [event["event"] for event in events].index("identified")
    ].items()
    assert events[-1] == {"event": "reply", "hex": LOGIN}


def test_frames_of_gt06_need_no_login_where_each_line_is_alone(decode: Decode) -> None:
    frame = "78781f120b081d112e10cf027ac7eb0c46584900148f01cc00287d001fb8000380810d0a"
    located, _ = decode(frame, "gt06", "--hex", "--independent")
    refused, *_ = decode(frame, "gt06", "--hex")

    assert (located["event"], located["terminal_id"]) == ("located", None)
    assert refused["event"] == "refused"


@pytest.mark.parametrize("cut", [10, 30, 80, 1000])
def test_a_request_of_http_may_be_given_in_pieces_of_hex(decode: Decode, cut: int) -> None:
    body = b'{"device_id":"7","location":{"timestamp":0,"latitude":1,"longitude":2}}'
    request = b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    events = decode(f"{request[:cut].hex()}\n{request[cut:].hex()}", "osmand", "--hex")

    assert [event["event"] for event in events] == ["identified", "located", "reply"]


@pytest.mark.parametrize("protocol", ["jt808", "gt06"])
def test_a_stream_of_bytes_has_no_lines_to_tell_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], protocol: str
) -> None:
    (tmp_path / "capture").write_bytes(b"")

    assert run(["gateway", "decode", protocol, "--independent", str(tmp_path / "capture")]) == 65
    assert "--hex" in capsys.readouterr().err


@pytest.mark.parametrize("protocol", sorted(PROTOCOLS))
@pytest.mark.parametrize("options", [[], ["--strict"], ["--hex"], ["--hex", "--independent"]])
def test_every_protocol_takes_whatever_is_in_a_file(
    decode: Decode, protocol: str, options: list[str]
) -> None:
    noise = bytes(range(256)) * 40 + b"\n7e\n7878\n$\n{\nGET /\n[[[\n\xff\xfe\n"
    events = decode(noise, protocol, *options)

    assert all("this program is at fault" not in reason for reason in reasons(events))


@pytest.mark.parametrize(
    "arguments",
    [
        ["osmand", "--hex", "FILE"],
        ["osmand", "FILE", "--hex"],
        ["--hex", "osmand", "FILE"],
        ["--hex", "osmand", "--received-at", "2026-03-02T12:00:00+08:00", "FILE", "--strict"],
    ],
)
def test_options_may_stand_anywhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    path = tmp_path / "capture"
    path.write_text(b"id=7&lat=1&lon=2".hex(), encoding="ascii")

    assert run(["gateway", "decode", *(str(path) if a == "FILE" else a for a in arguments)]) == 0
    assert '"located"' in capsys.readouterr().out


@pytest.mark.parametrize("given", ["2026-03-02T12:00:00+08:00", "2026-03-02T04:00:00"])
def test_the_time_of_receipt_is_given_by_an_option(decode: Decode, given: str) -> None:
    _, located, _ = decode("id=7&lat=1&lon=2", "osmand", "--received-at", given)

    fix = located["fix"]
    assert isinstance(fix, dict)
    assert fix["epoch"] == "2026-03-02T04:00:00.000Z"


@pytest.mark.parametrize(
    "options",
    [
        ["--clock-offset", "25"],
        ["--clock-offset", "nan"],
        ["--received-at", "soon"],
        ["--secret-key", "/nowhere/at/all"],
    ],
)
def test_an_option_that_cannot_be_used_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    (tmp_path / "capture").write_bytes(b"")

    assert run(["gateway", "decode", "osmand", *options, str(tmp_path / "capture")]) == 65
    assert options[1] in capsys.readouterr().err


def test_a_capture_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["gateway", "decode", "osmand", "/nowhere/at/all"]) == 65
    assert "/nowhere/at/all" in capsys.readouterr().err


def test_the_key_of_encrypted_messages_is_in_a_file(decode: Decode, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"key\n")
    capture = '{"_type":"encrypted","data":"AAAA"}'

    (reason,) = reasons(decode(capture, "owntracks", "--secret-key", str(tmp_path / "key")))
    assert "cannot be decrypted" in reason


def test_pictures_are_written_under_their_hash(decode: Decode, tmp_path: Path) -> None:
    capture = 'owntracks/jane/phone {"_type":"location","lat":1,"lon":2,"tst":3,"image":"/9j/4AAQ"}'
    *_, photo = decode(capture, "owntracks", "--photos", str(tmp_path / "a" / "b"))

    (path,) = (tmp_path / "a" / "b").iterdir()
    assert path.name == f"{photo['sha256']}.jpeg"
    assert path.read_bytes() == bytes.fromhex("ffd8ffe00010")
    assert {"media_type": "image/jpeg", "size": 6}.items() <= photo.items()


def test_pictures_that_cannot_be_written_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "capture"
    path.write_text('{"lat":1,"lon":2,"tst":3,"image":"/9j/4AAQ"}', encoding="ascii")

    assert run(["gateway", "decode", "owntracks", "--photos", str(path), str(path)]) == 65
    assert str(path) in capsys.readouterr().err


def test_events_are_printed_as_they_come_and_a_reader_may_leave() -> None:
    command = [sys.executable, "-c", "from runtime.cli import main; main()", "gateway", "decode"]
    with subprocess.Popen(
        [*command, "osmand"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(b"id=7&lat=1&lon=2\n")
        process.stdin.flush()

        assert b"identified" in process.stdout.readline()
        process.stdout.close()
        process.stdin.write(b"id=7&lat=1&lon=2\n" * 10)
        process.stdin.close()
        summary = process.stderr.read()
        assert process.wait(timeout=20) == 0
    assert b"Traceback" not in summary
    assert json.loads(summary)["events"]


FIX = RawFix(epoch=datetime(2026, 3, 2, tzinfo=UTC), lat_deg=1 / 3, lon_deg=2.0, hdop=1.5)


@pytest.mark.parametrize(
    ("event", "keys"),
    [
        (Identified(terminal_id="7"), "event terminal_id attributes"),
        (Alive(terminal_id="7"), "event terminal_id alarms battery_pct attributes"),
        (Happened(terminal_id="7", kind="x"), "event terminal_id kind attributes"),
        (
            Photo(terminal_id="7", media_type="image/png", data=b"x"),
            "event terminal_id media_type size sha256 fix attributes",
        ),
        (Reply(data=b"x"), "event hex"),
        (Refused(reason="x", code="y", data=b"z"), "event reason"),
    ],
)
def test_every_event_has_its_keys(event: Event, keys: str) -> None:
    assert " ".join(as_json(event)) == keys


def test_what_json_has_no_word_for_is_told_otherwise() -> None:
    odd = {"nan": float("nan"), "big": 2**70, "raw": b"\x01", "in": {"x": [float("inf"), None, 1]}}
    told = as_json(Located(terminal_id=None, fix=FIX, attributes=odd))

    assert told["attributes"] == {
        "hdop": 1.5,
        "nan": None,
        "big": hex(2**70),
        "raw": "01",
        "in": {"x": [None, None, 1]},
    }
    json.dumps(told, allow_nan=False)
