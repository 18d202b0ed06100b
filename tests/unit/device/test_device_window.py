"""The worker's window: what it shows, what it does, and whom it lets in."""

import http.client
import json
import re
import socket
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from device.clock import Clock
from device.duty import Duty
from device.outbox import Letter, LetterKind, Outbox, since_boot_s
from device.sending import SenderState
from device.settings import DeviceSettings
from device.window.board import Board
from device.window.looks import Parts
from device.window.serving import Window
from device.window.sockets import socket_of
from patrol.fix import Fix
from patrol.ids import WorkerId
from patrol.messages import position_of
from patrol.notices.checkins import CheckInKind, Phase, decode_checkin
from patrol.notices.events import EventKind, decode_event
from patrol.notices.plans import DEFAULT_PACE, Notice
from patrol.notices.today import Grade, Presence, Today, TodayVisit, VisitTime, encode_today
from patrol.reasons import judge
from runtime.lines import Health, LineState
from tests.unit.device.terminal import fix_at, plan_of, signed, window, write_key

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
ON_DUTY = replace(plan_of(window(NOW - HOUR, NOW + HOUR)), notice=Notice(60, ("presence",)))


@dataclass
class Opened:
    """An open window, and what is behind it."""

    parts: Parts
    port: int
    token: str = ""

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        """Return status and answer of a request to the port."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as line:
            return exchange(line, method, path, body=body, headers=headers)

    def ask_socket(self, method: str, path: str, body: object = None) -> Any:
        """Return status and answer of a request to the Unix socket."""
        with closing(http.client.HTTPConnection("localhost")) as line:
            line.sock = socket.socket(socket.AF_UNIX)
            line.sock.connect(str(socket_of(self.parts.settings.outbox)))
            return exchange(line, method, path, body=body, headers={})

    def see(self) -> Any:
        """Return what there is to see."""
        return self.ask("GET", "/api/state")[1]

    def do(self, deed: str, body: object) -> Any:
        """Do as our own page does."""
        return self.ask("POST", f"/api/{deed}", body, **{"X-Gridpatrol-Token": self.token})

    def letters(self) -> list[Letter]:
        """Return what waits to be sent."""
        with Outbox(self.parts.settings.outbox) as outbox:
            return outbox.read_letters(most=10)


def exchange(
    line: http.client.HTTPConnection,
    method: str,
    path: str,
    *,
    body: object,
    headers: dict[str, str],
) -> Any:
    """Return status and answer; JSON is read."""
    data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
    if data is not None:
        headers = {"Content-Type": "application/json", **headers}
    line.request(method, path, data, headers)
    answer = line.getresponse()
    text = answer.read()
    is_json = answer.getheader("Content-Type") == "application/json"
    return answer.status, json.loads(text) if is_json else text.decode()


def free_port() -> int:
    """Return a port that nobody has."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def parts_in(folder: Path, *, port: int = 0) -> Parts:
    """Return the parts of a terminal that has heard no plan."""
    settings = DeviceSettings(
        terminal_id="T01",
        port="/dev/null",
        outbox=folder / "outbox.sqlite",
        plan_file=folder / "plan",
        plan_key_file=write_key(folder),
        page_port=port,
    )
    with Outbox(settings.outbox):
        pass
    return Parts(settings, Duty(settings), Clock(lambda: NOW, is_played=True), Board())


@contextmanager
def opened_in(folder: Path) -> Iterator[Opened]:
    """Open the window of a terminal on duty."""
    parts = parts_in(folder, port=free_port())
    parts.duty.take(signed(ON_DUTY))
    shown = Window(parts)
    shown.open()
    try:
        opened = Opened(parts, parts.settings.page_port)
        page = opened.ask("GET", "/")[1]
        opened.token = re.findall(r'name="token" content="([\w-]+)"', page)[0]
        yield opened
    finally:
        shown.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory) -> Iterator[Opened]:
    """Give a window for tests that change nothing behind it."""
    with opened_in(tmp_path_factory.mktemp("window")) as opened:
        yield opened


@pytest.fixture
def own(tmp_path) -> Iterator[Opened]:
    """Give a window of the test's own."""
    with opened_in(tmp_path) as opened:
        yield opened


def test_the_page_asks_for_nothing_from_elsewhere(shared):
    names = ["/", "/window.css", "/window.js", "/acts.js", "/tasks.js", "/words.js"]
    answers = [shared.ask("GET", name) for name in names]

    assert [status for status, _ in answers] == [200] * len(names)
    assert [
        text
        for _, text in answers
        if re.search(r"(src|href|import|url|fetch)\W+(https?:)?//", text)
    ] == []


def test_both_languages_have_every_word(shared):
    text = shared.ask("GET", "/words.js")[1]
    chinese, english = (
        set(re.findall(r"^    (\w+):", half, re.MULTILINE))
        for half in re.split(r"^  en: \{", text, flags=re.MULTILINE)
    )
    page = shared.ask("GET", "/")[1]

    assert chinese == english
    assert set(re.findall(r'data-word="(\w+)"', page)) <= english


def test_a_browser_is_told_to_load_and_run_nothing_of_others(shared):
    with closing(http.client.HTTPConnection("127.0.0.1", shared.port)) as line:
        line.request("GET", "/")
        answer = line.getresponse()
        answer.read()

    policy = answer.getheader("Content-Security-Policy") or ""
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.getheader("Access-Control-Allow-Origin") is None


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": "127.0.0.1"}, 421),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
@pytest.mark.parametrize(("method", "path"), [("GET", "/api/state"), ("POST", "/api/pause")])
def test_a_page_of_somebody_else_gets_nothing(shared, headers, status, method, path):
    body = {} if method == "POST" else None
    headers = {"X-Gridpatrol-Token": shared.token, **headers}

    found, answer = shared.ask(method, path, body, **headers)

    assert (found, list(answer)) == (status, ["error"])
    assert not shared.parts.duty.state(NOW).is_paused


@pytest.mark.parametrize("token", [{}, {"X-Gridpatrol-Token": ""}, {"X-Gridpatrol-Token": "é"}])
def test_nothing_is_done_without_the_token_of_our_page(shared, token):
    assert shared.ask("POST", "/api/pause", {}, **token)[0] == 403
    assert not shared.parts.duty.state(NOW).is_paused


def test_our_own_page_may_ask_by_either_name(shared):
    origin = f"http://localhost:{shared.port}"
    headers = {
        "Host": f"localhost:{shared.port}",
        "Origin": origin,
        "Sec-Fetch-Site": "same-origin",
    }

    assert shared.ask("GET", "/api/state", **headers)[0] == 200


def test_the_port_is_open_to_this_terminal_alone(shared):
    address = next(
        (
            line.split()[1]
            for line in Path("/proc/net/tcp").read_text().splitlines()
            if line.split()[1].endswith(f":{shared.port:04X}") and line.split()[3] == "0A"
        ),
        None,
    )

    assert address == f"0100007F:{shared.port:04X}"


def test_the_socket_is_for_owner_and_group(shared):
    mode = socket_of(shared.parts.settings.outbox).stat().st_mode

    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o660


def test_the_socket_answers_as_the_port_does(shared):
    assert shared.ask_socket("GET", "/api/state") == (200, shared.see())


def test_the_socket_needs_no_token(own):
    assert own.ask_socket("POST", "/api/pause", {}) == (200, {"is_paused": True})


@pytest.mark.parametrize(
    ("path", "body", "headers", "status"),
    [
        ("/api/nothing", {}, {}, 404),
        ("/elsewhere", {}, {}, 404),
        ("/api/checkin", b"{", {}, 400),
        ("/api/checkin", b"[]", {}, 400),
        ("/api/checkin", b"[" * 60_000, {}, 400),
        ("/api/checkin", b" " * 65_537, {}, 413),
        ("/api/checkin", {"phase": "later"}, {}, 422),
        ("/api/checkin", {"phase": "begin", "token": "x" * 65}, {}, 422),
        ("/api/checkin", {}, {"Content-Type": "text/plain"}, 415),
        ("/api/photos", b"x", {"Content-Length": "99999999999999999999"}, 413),
        ("/api/photos", b"", {}, 413),
        ("/api/photos", b"x", {"Content-Length": "-1"}, 411),
    ],
)
def test_what_cannot_be_done_is_answered_with_the_reason(shared, path, body, headers, status):
    headers = {"X-Gridpatrol-Token": shared.token, **headers}

    found, answer = shared.ask("POST", path, body, **headers)

    assert found == status
    assert answer["error"]
    assert shared.letters() == []


def test_whoever_says_nothing_holds_up_nobody_else(shared):
    silent = [socket.create_connection(("127.0.0.1", shared.port)) for _ in range(7)]
    try:
        assert shared.ask("GET", "/api/state")[0] == 200
    finally:
        for one in silent:
            one.close()


def test_a_terminal_without_a_plan_says_so(tmp_path):
    parts = parts_in(tmp_path)
    shown = Window(parts)
    shown.open()
    try:
        seen = Opened(parts, 0).ask_socket("GET", "/api/state")[1]
    finally:
        shown.close()

    assert (seen["duty"]["reason"], seen["notice"], seen["today"]) == ("no_plan", None, None)


def test_the_worker_sees_duty_and_what_is_recorded_for_how_long(shared):
    seen = shared.see()

    assert seen["duty"] == {
        "is_on_duty": True,
        "reason": "on_duty",
        "until": "2026-03-02T05:00:00.000Z",
        "next_start": None,
        "is_paused": False,
    }
    assert seen["notice"] == {
        "days": 60,
        "purposes": ["presence"],
        **DEFAULT_PACE._asdict(),
    }


def test_the_last_fix_is_shown_without_its_place(own):
    own.parts.board.note_fix(
        Fix(epoch=NOW, lat_deg=30.5, lon_deg=104.2, accuracy_m=4.5, satellites=9)
    )

    fix = own.see()["fix"]
    told = {name: fix[name] for name in ("accuracy_m", "satellites", "quality")}
    assert told == {"accuracy_m": 4.5, "satellites": 9, "quality": None}
    assert fix.keys() == {*told, "age_s", "clock_ahead_s"}


def test_no_fix_is_shown_when_duty_is_over(own):
    own.parts.board.note_fix(fix_at(0))
    own.parts.board.forget_fix()

    assert own.see()["fix"] is None


def test_the_worker_sees_what_waits(own):
    with Outbox(own.parts.settings.outbox) as outbox:
        outbox.put([position_of(fix_at(-90))], now_s=since_boot_s())
        outbox.put_letter(LetterKind.SOS, "a", b"{}")

    assert own.see()["waiting"] == {
        "fixes": 1,
        "letters": 1,
        "thinned": 0,
        "oldest_s": 90.0,
        "trouble": None,
        "photos": 0,
    }


def test_an_outbox_that_cannot_be_read_is_said(own):
    own.parts.settings.outbox.write_bytes(b"no database" * 1000)

    assert own.see()["waiting"]["trouble"] in {"damaged", "unusable"}


@pytest.mark.parametrize(
    ("stored_ago_s", "oldest", "is_overdue"),
    [
        (None, timedelta(hours=25), True),
        (25 * 3600, timedelta(hours=25), True),
        (60, timedelta(hours=25), False),
        (None, timedelta(hours=23), False),
    ],
)
def test_a_day_without_stored_is_said(own, stored_ago_s, oldest, is_overdue):
    connected = Health(LineState.CONNECTED)
    own.parts.board.line = lambda: SenderState(connected, stored_ago_s)
    with Outbox(own.parts.settings.outbox) as outbox:
        outbox.put([position_of(fix_at(-oldest.total_seconds()))], now_s=since_boot_s())

    assert own.see()["line"] == {
        "state": "connected",
        "reason": "",
        "is_connected": True,
        "stored_ago_s": stored_ago_s,
        "is_overdue": is_overdue,
    }


def test_the_worker_sees_the_own_day_as_the_server_returned_it(own):
    own.parts.board.take_day(
        encode_today(
            Today(
                worker_id=WorkerId("W07"),
                day=date(2026, 3, 2),
                computed_at=NOW,
                provisional=True,
                presence=Presence(
                    duty_s=600, excused_s=0, proven_s=500, plausible_s=40, outside_s=0, unknown_s=60
                ),
                visit_time=VisitTime(visit_s=300, low_s=200, high_s=400),
                visits=(TodayVisit(NOW - HOUR, NOW, Grade.B),),
                judgements={"presence": judge("presence", (500, 600), 540, unit="s")},
            )
        )
    )

    seen = own.see()["today"]
    assert (seen["presence"]["proven_s"], seen["visits"][0]["grade"]) == (500, "B")
    assert seen["verdicts"]["presence"]["verdict"] == "undetermined"
    assert "required 0 h 09 min" in seen["verdicts"]["presence"]["text"]["en"]
    assert "要求 9 分钟" in seen["verdicts"]["presence"]["text"]["zh"]


def test_a_day_that_is_none_changes_nothing(own):
    with capture_logs() as logs:
        own.parts.board.take_day(b"{}")

    assert own.see()["today"] is None
    assert logs[0]["event"] == "window.day_refused"


def test_a_pause_holds_until_it_is_ended(own):
    assert own.do("pause", {}) == (200, {"is_paused": True})
    assert own.see()["duty"]["reason"] == "paused"
    assert own.do("resume", {}) == (200, {"is_paused": False})
    assert own.see()["duty"]["reason"] == "on_duty"


def test_a_check_in_waits_in_the_outbox_with_the_last_fix(own):
    own.parts.board.note_fix(fix_at(-4))

    status, answer = own.do("checkin", {"phase": "begin", "token": "8f1c0e77"})

    (letter,) = own.letters()
    checkin = decode_checkin(letter.payload)
    assert (status, letter.kind, letter.identity) == (200, LetterKind.CHECKIN, answer["checkin_id"])
    assert (checkin.at, checkin.kind, checkin.phase) == (NOW, CheckInKind.TAG, Phase.BEGIN)
    assert checkin.fix is not None
    assert checkin.fix.epoch_ms == position_of(fix_at(-4)).epoch_ms


def test_a_check_in_without_a_tag_is_a_statement(own):
    own.do("checkin", {"phase": "nobody_home", "premises_id": "P1"})

    checkin = decode_checkin(own.letters()[0].payload)
    assert (checkin.kind, checkin.premises_id, checkin.fix) == (CheckInKind.DECLARED, "P1", None)


@pytest.mark.parametrize(
    ("second", "is_told"), [(-90_000, False), (-4, True), (3, True), (90, False)]
)
def test_a_fix_whose_age_cannot_be_told_stays_out(own, second, is_told):
    own.parts.board.note_fix(fix_at(second))

    own.do("sos", {})

    event = decode_event(own.letters()[0].payload)
    assert (event.kind, event.fix is not None) == (EventKind.SOS, is_told)


def test_a_disk_that_takes_nothing_is_shown(own):
    own.parts.board.storage = lambda: "full"

    assert own.see()["waiting"]["trouble"] == "full"


def test_the_page_has_words_for_what_is_refused(own):
    own.do("pause", {})
    status, answer = own.do("checkin", {"phase": "begin"})

    assert (status, answer["code"]) == (422, "duty_paused")
    assert own.ask("GET", "/words.js")[1].count("no_duty_paused:") == 2


def test_a_port_that_is_taken_takes_only_the_page_away(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        parts = parts_in(tmp_path, port=other.getsockname()[1])
        shown = Window(parts)
        with capture_logs() as logs:
            shown.open()
        try:
            status, _ = Opened(parts, 0).ask_socket("GET", "/api/state")
        finally:
            shown.close()

    assert status == 200
    assert [one["event"] for one in logs] == ["window.not_opened", "window.opened"]


def test_the_socket_of_an_agent_that_was_killed_is_taken_over(tmp_path):
    parts = parts_in(tmp_path)
    with socket.socket(socket.AF_UNIX) as old:
        old.bind(str(socket_of(parts.settings.outbox)))

    shown = Window(parts)
    shown.open()
    try:
        assert Opened(parts, 0).ask_socket("GET", "/api/state")[0] == 200
    finally:
        shown.close()


def test_the_socket_of_another_agent_is_left_to_it(own):
    second = Window(replace(own.parts, settings=replace(own.parts.settings, page_port=0)))
    with capture_logs() as logs:
        second.open()

    assert "another agent answers" in logs[0]["reason"]
    assert own.ask_socket("GET", "/api/state")[0] == 200
