"""Notices: found once, told to those who asked, seen by those whose grids they are."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg
import pytest
from aiosmtpd.controller import Controller

from api.notices.notifier import Notifier
from api.notices.settings import NoticeSettings
from api.notices.signing import signed
from runtime.health import Vitals
from tests.asking import execute
from tests.processes import eventually

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - it opens nothing
# W1 is on duty in G1 now, and has been for three hours; W2 in G2, which lies in another area.
NOW = """
insert into area (area_id, name, kind, parent_id) values
    ('D', 'District', 'district', null), ('A1', 'North', 'community', 'D'),
    ('A2', 'South', 'community', 'D');
insert into grid (grid_id, name, outline, area_id) values
    ('G1', 'One', '{}', 'A1'), ('G2', 'Two', '{}', 'A2');
insert into worker values ('W1', 'Li Na'), ('W2', 'Wang Wei');
insert into terminal values ('T1', 'agent'), ('T2', 'agent');
insert into assignment values ('T1', 'W1', '2026-01-01Z', null), ('T2', 'W2', '2026-01-01Z', null);
insert into duty_window
select worker_id, grid_id, current_date, now() - interval '3 hours', now() + interval '3 hours'
  from (values ('W1', 'G1'), ('W2', 'G2')) as d (worker_id, grid_id);
insert into terminal_status
select t, 'online', 'o', 1, 0, now() from unnest(array['T1', 'T2']) as t;
"""
SOS = """
insert into terminal_event (terminal_id, event_id, at, kind, fix_epoch, fix_lat_e7, fix_lon_e7,
                            received_at)
values ('{terminal}', gen_random_uuid(), now(), 'sos', now(), 306600010, 1040600020, now())
"""
OUTSIDE = """
insert into live_state (worker_id, day, grid_id, state, since_at, epoch, known_until, computed_at)
values ('{worker}', current_date, '{grid}', 'outside', now() - interval '10 minutes', now(),
        now() + interval '1 minute', now())
"""


class Receiver:
    """Takes webhooks, and answers what it is told to."""

    def __init__(self) -> None:
        self.taken: list[tuple[dict[str, str], bytes]] = []
        self.answers = [204]
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.taken.append(({k.lower(): v for k, v in self.headers.items()}, body))
                answers = receiver.answers
                self.send_response(answers.pop(0) if len(answers) > 1 else answers[0])
                self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *_said: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/notices"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def told(self) -> list[dict]:
        return [json.loads(body) for _, body in self.taken]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    one = Receiver()
    yield one
    one.server.shutdown()
    one.server.server_close()


@pytest.fixture
def district(database: str) -> str:
    execute(database, NOW)
    return database


def rule(dsn: str, rule_id: str, **given: object) -> None:
    values = {
        "kind": "sos",
        "area_id": None,
        "grid_id": None,
        "channel": "webhook",
        "target": "",
        "secret": SECRET,
        "delay_s": 0,
        "created_by": "admin",
        **given,
    }
    if values["channel"] == "email":
        values["secret"] = None
    with psycopg.connect(dsn) as conn:
        names = ", ".join(["rule_id", *values])
        marks = ", ".join(["%s"] * (len(values) + 1))
        conn.execute(
            f"insert into notice_rule ({names}) values ({marks})",  # noqa: S608 - names of ours
            (rule_id, *values.values()),
        )


@contextmanager
def notifying(dsn: str, **settings: object) -> Iterator[Notifier]:
    stop = threading.Event()
    given = {"poll_s": 0.1, "plain_http": True, "inside": True, "timeout_s": 2.0, **settings}
    notifier = Notifier(dsn, NoticeSettings(**given), stop, Vitals())
    thread = threading.Thread(target=notifier.run)
    thread.start()
    try:
        yield notifier
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


def rows(dsn: str, query: str) -> list[tuple]:
    with psycopg.connect(dsn) as conn:
        return conn.execute(query.encode()).fetchall()


def test_a_call_for_help_is_with_the_receiver_within_two_seconds_signed_and_with_its_place(
    district: str, receiver: Receiver
) -> None:
    rule(district, "desk", target=receiver.url)
    # Only what listening brings: the next look is an hour away.
    with notifying(district, poll_s=60):
        eventually(lambda: rows(district, "select 1 from pg_stat_activity where query ~ 'listen'"))
        began = time.monotonic()
        execute(district, SOS.format(terminal="T1"))
        eventually(lambda: receiver.taken)
        took_s = time.monotonic() - began

    assert took_s < 2
    headers, body = receiver.taken[0]
    at_s = int(headers["webhook-timestamp"])
    assert signed(body, secret=SECRET, message_id=headers["webhook-id"], at_s=at_s).items() <= (
        headers.items()
    )
    told = json.loads(body)
    assert (told["type"], told["worker_id"], told["grid_id"]) == ("notice.sos", "W1", "G1")
    assert (told["fix"]["lat_deg"], told["fix"]["lon_deg"]) == (30.660001, 104.060002)


def test_each_occasion_is_told_once_though_two_notifiers_look_again_and_again(
    district: str, receiver: Receiver
) -> None:
    rule(district, "out", kind="outside", target=receiver.url)
    execute(district, OUTSIDE.format(worker="W1", grid="G1"))
    with notifying(district), notifying(district):
        eventually(lambda: receiver.taken)
        time.sleep(0.5)

    (told,) = receiver.told()
    assert told["type"] == "notice.outside"
    assert "fix" not in told


def test_a_rule_tells_of_its_own_area_and_grid_alone(district: str, receiver: Receiver) -> None:
    rule(district, "north", target=receiver.url + "?north", area_id="A1")
    rule(district, "south", target=receiver.url + "?south", grid_id="G2")
    rule(district, "all", target=receiver.url + "?all", area_id="D")
    with notifying(district):
        execute(district, SOS.format(terminal="T1"))
        eventually(lambda: len(receiver.taken) == 2)

    told = rows(district, "select rule_id, state from notice_delivery order by 1")
    assert told == [("all", "sent"), ("north", "sent")]


def test_what_is_over_before_its_delay_is_not_told(district: str, receiver: Receiver) -> None:
    rule(district, "late", kind="outside", target=receiver.url, delay_s=1)
    execute(district, OUTSIDE.format(worker="W1", grid="G1"))
    with notifying(district):
        eventually(lambda: rows(district, "select 1 from notice_delivery"))
        execute(district, "update live_state set state = 'inside', since_at = now()")
        eventually(lambda: rows(district, "select 1 from notice_delivery where state = 'passed'"))
        time.sleep(1.2)

    assert receiver.taken == []
    assert rows(district, "select count(*) from notice where ended_at is not null") == [(1,)]


def test_what_did_not_arrive_is_sent_again_as_the_same_message(
    district: str, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.notices.timing._PAUSES_S", (0.1,))
    receiver.answers = [500, 302, 204]
    rule(district, "desk", target=receiver.url)
    with notifying(district):
        execute(district, SOS.format(terminal="T1"))
        eventually(lambda: rows(district, "select 1 from notice_delivery where state = 'sent'"))

    # What says that it is elsewhere is not followed: nobody but the receiver named is told.
    assert len(receiver.taken) == 3
    assert len({headers["webhook-id"] for headers, _ in receiver.taken}) == 1
    assert rows(district, "select attempts, said from notice_delivery") == [(3, "answered 204")]


def test_a_receiver_that_wants_no_more_is_left_alone_and_another_still_told(
    district: str, receiver: Receiver
) -> None:
    receiver.answers = [410, 204]
    rule(district, "a-gone", target=receiver.url)
    with notifying(district):
        execute(district, SOS.format(terminal="T1"))
        eventually(lambda: rows(district, "select 1 from notice_delivery where state='given_up'"))
        rule(district, "b-there", target=receiver.url)
        execute(district, SOS.format(terminal="T2"))
        eventually(lambda: len(receiver.taken) >= 3)

    states = rows(district, "select distinct rule_id, state from notice_delivery order by 1, 2")
    assert ("b-there", "sent") in states


def test_a_silent_terminal_is_told_while_its_worker_is_on_duty_and_ends_when_heard(
    district: str, receiver: Receiver
) -> None:
    rule(district, "quiet", kind="silent", target=receiver.url, grid_id="G1")
    execute(district, "update terminal_status set received_at = now() - interval '20 minutes'")
    execute(district, "update duty_window set end_at = now() where worker_id = 'W2'")
    with notifying(district):
        eventually(lambda: receiver.taken)
        execute(district, "update terminal_status set received_at = now()")
        eventually(lambda: rows(district, "select 1 from notice where ended_at is not null"))

    assert [one["terminal_id"] for one in receiver.told()] == ["T1"]


def test_mail_has_what_is_known_in_both_languages(district: str) -> None:
    taken: list = []

    class Box:
        async def handle_DATA(self, _server, _session, envelope) -> str:  # noqa: N802 - its name
            taken.append(envelope)
            return "250 taken"

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    controller = Controller(Box(), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        rule(district, "mail", channel="email", target="desk@district.example")
        with notifying(
            district,
            smtp_host="127.0.0.1",
            smtp_port=port,
            smtp_tls=False,
            mail_from="patrol@district.example",
            link="https://patrol.district.example/",
        ):
            execute(district, SOS.format(terminal="T1"))
            eventually(lambda: taken)
    finally:
        controller.stop()

    (envelope,) = taken
    message = message_from_bytes(envelope.content, policy=policy.default)
    assert envelope.rcpt_tos == ["desk@district.example"]
    assert message["Subject"] == "求助 Call for help: W1"
    text = message.get_content()
    assert "30.660001, 104.060002" in text
    assert "https://patrol.district.example/v1/notices/1" in text


def test_a_call_that_came_while_nobody_listened_is_told_later(
    district: str, receiver: Receiver
) -> None:
    rule(district, "desk", target=receiver.url)
    execute(district, SOS.format(terminal="T1"))
    with notifying(district):
        eventually(lambda: receiver.taken)

    assert receiver.told()[0]["worker_id"] == "W1"


def test_quiet_hours_hold_back_all_but_calls_for_help(district: str, receiver: Receiver) -> None:
    whole_day = {"quiet_from": "00:00", "quiet_to": "23:59:59"}
    rule(district, "out", kind="outside", target=receiver.url, **whole_day)
    rule(district, "sos", kind="sos", target=receiver.url, **whole_day)
    execute(district, OUTSIDE.format(worker="W1", grid="G1"))
    with notifying(district):
        execute(district, SOS.format(terminal="T1"))
        eventually(lambda: receiver.taken)
        eventually(lambda: rows(district, "select 1 from notice_delivery where rule_id = 'out'"))

    assert [one["type"] for one in receiver.told()] == ["notice.sos"]
    ((due_at,),) = rows(district, "select due_at from notice_delivery where rule_id = 'out'")
    assert due_at >= datetime.now(UTC) or due_at.astimezone(UTC).second == 59


@pytest.mark.parametrize(
    ("channel", "target"),
    [
        ("webhook", "https://\u2488.com/"),
        ("webhook", "https://xn--/"),
        ("webhook", "https://["),
        ("email", "a@["),
    ],
)
def test_a_receiver_that_cannot_be_reached_at_all_stops_nobody_elses_notices(
    district: str, receiver: Receiver, channel: str, target: str
) -> None:
    rule(district, "a-odd", channel=channel, target=target)
    rule(district, "b-there", target=receiver.url)
    with notifying(district, smtp_host="127.0.0.1", smtp_port=9, mail_from="p@district.example"):
        execute(district, SOS.format(terminal="T1"))
        eventually(lambda: receiver.taken)
        eventually(lambda: rows(district, "select 1 from notice_delivery where state='given_up'"))


@pytest.mark.parametrize("host", ["127.0.0.1", "169.254.169.254", "10.0.0.1", "[::1]", "localhost"])
def test_webhooks_do_not_go_inside_unless_told(district: str, host: str) -> None:
    rule(district, "desk", target=f"https://{host}/notices")
    with notifying(district, inside=False):
        execute(district, SOS.format(terminal="T1"))
        eventually(lambda: rows(district, "select 1 from notice_delivery where state='given_up'"))

    ((said,),) = rows(district, "select said from notice_delivery")
    assert "inside" in said
