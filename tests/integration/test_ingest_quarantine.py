"""The quarantine: what is refused can be seen without its positions, and tried again."""

import json
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from structlog.testing import capture_logs

from ingest.operations.quarantined import Wanted, describe, list_letters
from ingest.operations.retrying import Retrier
from patrol.errors import InputError
from runtime.cli import make_parser
from runtime.mqtt import Message
from runtime.registers.load import load
from tests.district import NOW, SHANGHAI, WALK, WRITER, count, letters, rows, store, write_registers

KINDS = """
wrong_topic      elsewhere/T01/position
wrong_topic      gp/1/T01/stored
not_understood   gp/1/T01/position
not_understood   gp/1/T01/status
unknown_terminal gp/1/T09/position
"""


@pytest.fixture
def district(database, tmp_path):
    """Return the DSN of a database with the registers of a small district."""
    load(database, write_registers(tmp_path), zone=SHANGHAI)
    return database


@pytest.fixture
def command(district, monkeypatch, capsys):
    """Return a function that runs `patrol ingest ...` and returns its exit code and lines."""
    monkeypatch.setenv("PATROL_DATABASE_DSN", district)

    def call(*arguments: object) -> tuple[int, list[str]]:
        options = make_parser("ingest").parse_args(["ingest", *map(str, arguments)])
        code = options.command(options)
        return code, capsys.readouterr().out.splitlines()

    return call


def register_t09(dsn: str) -> None:
    """Register T09 as the terminal that W01 has while on duty, in the place of T01."""
    with psycopg.connect(dsn) as conn:
        conn.execute("insert into terminal values ('T09', 'late')")
        conn.execute("update assignment set terminal_id = 'T09'")


def ids(dsn: str) -> list[int]:
    return [one for (one,) in rows(dsn, "select quarantine_id from quarantine order by 1")]


def retry_all(dsn: str) -> list[bool]:
    """Return for each letter whether it was accepted."""
    with psycopg.connect(dsn, autocommit=True) as conn:
        retrier = Retrier(conn=conn, writer=WRITER, stop=threading.Event())
        return [one.refusal is None for one in retrier.retry(Wanted())]


def test_every_refusal_has_a_kind_that_can_be_counted(district):
    said = [tuple(line.split()) for line in KINDS.split("\n") if line]
    body = letters(WALK[:3])[0].payload
    for code, topic in said:
        payload = b"{}" if code == "not_understood" else body
        store(district, [Message(topic, payload, 1, 1)])

    kept = rows(district, "select code, topic from quarantine order by quarantine_id")
    assert kept == said


def test_the_list_counts_by_kind_and_takes_the_newest_first(district, command):
    store(district, letters(WALK[:10], terminal="T09", at_once=5))
    store(district, [Message("gp/1/T01/position", b"junk", 1, 1)])

    code, lines = command("quarantine", "list", "--limit", 2)

    first, second = ids(district)[:-3:-1]
    assert code == 0
    assert [int(line.split()[0]) for line in lines[:2]] == [first, second]
    assert lines[2] == "3 in all: 2 unknown_terminal, 1 not_understood"


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (("--terminal", "T09"), 2),
        (("--code", "not_understood"), 1),
        (("--reason", "NOT REGISTERED"), 2),
        (("--since", "2000-01-01T00:00:00Z"), 3),
        (("--since", "2099-01-01T00:00:00Z"), 0),
        (("--terminal", "T09", "--code", "not_understood"), 0),
    ],
)
def test_the_list_takes_what_is_asked_for(district, command, given, found):
    store(district, letters(WALK[:10], terminal="T09", at_once=5))
    store(district, [Message("gp/1/T01/position", b"junk", 1, 1)])

    _, lines = command("quarantine", "list", *given)

    assert lines[-1].startswith(f"{found} in all")
    assert len(lines) == found + 1


def test_the_list_tells_no_position_that_a_reason_quotes(district):
    lat, lon = "30.6612345", "104.0654321"
    for payload in (
        {"v": 1, "seq": 1, "source": "x", "t": [1_772_000_000_000], "lat": [lat], "lon": [lon]},
        {
            "v": 1,
            "seq": 1,
            "source": "x",
            "t": [1_772_000_000_000],
            "lat": [float(lat)],
            "lon": [1],
        },
        {
            "v": 1,
            "seq": 1,
            "source": "x",
            "t": [1_772_000_000_000],
            "lat": [3066123450],
            "lon": [1],
        },
    ):
        store(district, [Message("gp/1/T01/position", json.dumps(payload).encode(), 1, 1)])
    with psycopg.connect(district) as conn:
        told = "\n".join(describe(one) for one in list_letters(conn, Wanted(), limit=9))
    reasons = "".join(one for (one,) in rows(district, "select reason from quarantine"))

    assert lat in reasons
    assert "3066123450" in reasons
    assert not any(figures in told for figures in (lat, lat[:5], "30661"))


def test_one_that_is_shown_is_decoded_and_said_to_be_personal(district, command):
    (letter,) = letters(WALK[:3], terminal="T09")
    store(district, [letter])

    with capture_logs() as logs:
        code, lines = command("quarantine", "show", ids(district)[0])

    plain = json.loads(
        zlib.decompress(letter.payload) if letter.payload[:1] == b"x" else letter.payload
    )
    assert code == 0
    assert lines[0] == "This shows personal data: where somebody was, and when."
    assert f'  "lat": {json.dumps(plain["lat"])}' in lines
    assert [one["event"] for one in logs] == ["ingest.quarantine_shown"]


def test_one_that_nobody_can_decode_is_shown_as_bytes(district, command):
    store(district, [Message("gp/1/T01/position", b"\x00\x1b[31mjunk" * 100, 1, 1)])

    _, lines = command("quarantine", "show", ids(district)[0])

    assert "  0000  00 1b 5b 33 31 6d 6a 75" in "\n".join(lines)
    assert lines[-1] == "  ... and 488 bytes more"
    assert "\x1b" not in "".join(lines)


def test_one_that_is_not_there_is_said(command):
    with pytest.raises(InputError, match="7 is not in the quarantine"):
        command("quarantine", "show", 7)


def test_what_is_accepted_is_stored_as_of_its_time_and_leaves(district, command):
    store(district, letters(WALK[:100], terminal="T09"))
    register_t09(district)

    code, lines = command("quarantine", "retry", "--terminal", "T09")

    assert code == 0
    assert lines[0].endswith("accepted, 100 positions: 100 stored")
    assert lines[1] == "1 accepted, 0 refused again"
    assert count(district, "quarantine") == 0
    assert rows(district, "select distinct received_at from position") == [(NOW,)]
    assert count(district, "dirty_day") >= 1


def test_what_is_off_duty_is_dropped_at_a_retry_too(district, command):
    off_duty = [one._replace(epoch_ms=one.epoch_ms + 7_200_000) for one in WALK[:10]]
    store(district, letters(off_duty, terminal="T09"))
    register_t09(district)

    _, lines = command("quarantine", "retry", "--all")

    assert lines[0].endswith("accepted, 10 positions: 10 off duty")
    assert count(district, "position") == 0
    assert count(district, "quarantine") == 0


def test_what_came_again_meanwhile_is_known(district, command):
    store(district, letters(WALK[:10], terminal="T09"))
    register_t09(district)
    store(district, letters(WALK[:4], terminal="T09"))

    _, lines = command("quarantine", "retry", "--all")

    assert lines[0].endswith("accepted, 10 positions: 6 stored, 4 known")


def test_what_is_refused_again_stays_with_its_number_and_its_newest_reason(district, command):
    store(district, letters(WALK[:10], terminal="T09"))
    (number,) = ids(district)
    register_t09(district)
    with psycopg.connect(district) as conn:
        conn.execute("alter table position add check (lat_e7 < 0)")

    for _ in range(2):
        code, lines = command("quarantine", "retry", number)

    kept = rows(district, "select quarantine_id, code, retries from quarantine")
    assert code == 0
    assert kept == [(number, "database_refused", 2)]
    assert lines[0].startswith(f"{number}: refused again, database_refused: the database does not")
    assert count(district, "position") == count(district, "outbox_seq") == 0


def test_a_second_retry_finds_nothing_to_do(district, command):
    store(district, letters(WALK[:10], terminal="T09"))
    (number,) = ids(district)
    register_t09(district)
    command("quarantine", "retry", number)

    code, lines = command("quarantine", "retry", number)

    assert code == 0
    assert lines == [f"{number}: is not in the quarantine", "0 accepted, 0 refused again"]


def test_two_that_retry_at_once_share_the_work(district):
    store(district, letters(WALK[:200], terminal="T09", at_once=5))
    register_t09(district)

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(retry_all, [district] * 2)

    assert len(first) + len(second) == 40
    assert all(first + second)
    assert count(district, "position") == 200


def test_one_in_another_s_hands_is_left(district, command):
    store(district, letters(WALK[:10], terminal="T09"))
    (number,) = ids(district)
    with psycopg.connect(district) as conn:
        conn.execute("select from quarantine for update")

        _, lines = command("quarantine", "retry", number)

    assert lines[0] == f"{number}: is left as it is"


def test_a_retry_ends_although_what_it_tries_is_refused_for_ever(district):
    store(district, letters(WALK[:50], terminal="T09", at_once=5))

    assert retry_all(district) == [False] * 10
    assert rows(district, "select distinct retries from quarantine") == [(1,)]


def test_a_status_of_long_ago_replaces_no_newer_one(district):
    with psycopg.connect(district) as conn:
        conn.execute(
            "insert into quarantine (topic, payload, code, reason, received_at) values "
            "('gp/1/T01/status', %s, 'not_understood', 'of an older version', '2026-01-01')",
            [b'{"v":1,"state":"lost"}'],
        )
    store(district, [Message("gp/1/T01/status", b'{"v":1,"state":"online"}', 1, 1)])

    assert retry_all(district) == [True]
    assert rows(district, "select state, received_at from terminal_status") == [("online", NOW)]


@pytest.mark.parametrize("given", [(), ("--all", "--terminal", "T09"), (1, "--all")])
def test_what_is_to_be_retried_must_be_said(command, given):
    with pytest.raises(InputError, match="say which are to be retried"):
        command("quarantine", "retry", *given)


def test_a_position_is_the_same_whether_it_came_or_was_retried(district):
    stored = (
        "select epoch, lat_e7, lon_e7, accuracy_dm, flags, received_at from position order by 1"
    )
    store(district, letters(WALK[:50], terminal="T09"))
    register_t09(district)
    retry_all(district)
    retried = rows(district, stored)

    with psycopg.connect(district) as conn:
        conn.execute("truncate position, outbox_seq, latest_position")
    store(district, letters(WALK[:50], terminal="T09"))

    assert rows(district, stored) == retried
