"""Findings over HTTP: ranges, workers, kinds, pages, words."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from api.problems import CURSOR_ADVICE
from tests.asking import DAY, Asker, known_day

KNOWN = """
insert into finding (worker_id, day, kind, start_at, end_at, evidence, status, explanation,
                     explained_at, decided_by, decision_reason, decided_at)
values ('W2', '2026-11-20', 'mock_location', '2026-11-20 06:10Z', '2026-11-20 06:20Z',
        '{"fixes": 60, "share_pct": 100}', 'new', null, null, null, null, null),
       ('W1', '2026-11-20', 'clock_offset', '2026-11-20 00:30Z', '2026-11-20 08:30Z',
        '{"offset_s": -28800, "hours": -8}', 'dismissed', 'set by hand', '2026-11-21 01:00Z',
        'Chen', 'a wrong setting', '2026-11-21 02:00Z'),
       ('W1', '2026-11-21', 'same_path', '2026-11-21 01:00Z', '2026-11-21 02:00Z',
        '{"lasting_s": 3600, "distance_m": 2400, "apart_m": 9, "other_worker_id": "W2"}',
        'new', null, null, null, null, null)
"""
RANGE = "/v1/findings?from=2026-11-20&to=2026-11-21"


@pytest.fixture(scope="module")
def ask(shared_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asker]:
    with known_day(shared_database, tmp_path_factory.mktemp("api"), KNOWN) as asker:
        yield asker


@pytest.fixture
def ask_alone(database: str, tmp_path: Path) -> Iterator[Asker]:
    """For a test that changes what is known."""
    with known_day(database, tmp_path, KNOWN) as asker:
        yield asker


def kinds(page: dict) -> list[tuple[str, str]]:
    return [(one["worker_id"], one["kind"]) for one in page["findings"]]


def test_findings_come_by_day_and_worker(ask: Asker) -> None:
    page = ask.json(RANGE)

    assert kinds(page) == [("W1", "clock_offset"), ("W2", "mock_location"), ("W1", "same_path")]
    assert (page["from"], page["to"], page["next_cursor"]) == (DAY, "2026-11-21", None)


def test_a_finding_is_told_whole(ask: Asker) -> None:
    (one, *_) = ask.json(RANGE)["findings"]

    assert one["text"] == (
        "the times of the terminal differ from those of the server by -8 h 00 min; "
        "in whole hours: -8"
    )
    assert one["evidence"] == {"offset_s": -28800, "hours": -8}
    assert (one["start_at"], one["duration_s"]) == ("2026-11-20T00:30:00Z", 28800)
    assert (one["status"], one["explanation"]) == ("dismissed", "set by hand")
    assert (one["decided_by"], one["decision_reason"]) == ("Chen", "a wrong setting")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("&worker_id=W2", [("W2", "mock_location")]),
        ("&kind=same_path", [("W1", "same_path")]),
        ("&worker_id=W3", []),
        ("&worker_id=W2&kind=same_path", []),
    ],
)
def test_a_worker_or_a_kind_alone(ask: Asker, asked: str, found: list) -> None:
    assert kinds(ask.json(RANGE + asked)) == found


def test_a_day_alone(ask: Asker) -> None:
    assert kinds(ask.json(f"/v1/findings?from={DAY}&to={DAY}")) == [
        ("W1", "clock_offset"),
        ("W2", "mock_location"),
    ]


def test_pages_follow_one_another(ask: Asker) -> None:
    first = ask.json(RANGE + "&limit=1")
    second = ask.json(f"{RANGE}&limit=1&cursor={first['next_cursor']}")
    third = ask.json(f"{RANGE}&limit=1&cursor={second['next_cursor']}")

    assert kinds(first) + kinds(second) + kinds(third) == kinds(ask.json(RANGE))
    assert third["next_cursor"] is None


def test_texts_are_told_in_the_language_asked_for(ask: Asker) -> None:
    page = ask.json(RANGE + "&kind=mock_location&lang=zh")

    assert "模拟位置" in page["findings"][0]["text"]


@pytest.mark.parametrize(
    ("kind", "evidence", "told"),
    [
        ("clock_offset", "{}", "clock that is off"),
        ("clock_offset", '{"offset_s": null, "hours": 1}', "clock that is off"),
        ("clock_offset", "[]", "clock that is off"),
        (
            "teleport",
            '{"step_s": "x", "distance_m": [1]}',
            "within x the position changed by [1] m",
        ),
        ("clock_offset", '{"offset_s": 90.4}', "by 1 min 30 s"),
        ("of_tomorrow", '{"seen": {"a": true}}', "of a kind that is not known here"),
    ],
)
def test_a_finding_of_another_version_takes_no_page_down(
    ask_alone: Asker, database: str, kind: str, evidence: str, told: str
) -> None:
    with psycopg.connect(database) as conn:
        conn.execute(
            "update finding set kind = %s, evidence = %s where worker_id = 'W2'", (kind, evidence)
        )

    before, changed, after = ask_alone.json(RANGE)["findings"]
    assert told in changed["text"]
    assert changed["kind"] == kind
    assert (before["kind"], after["kind"]) == ("clock_offset", "same_path")


@pytest.mark.parametrize("cursor", ["bad", "2026-13-01.W1.2", "2026-11-20.W1.x", "x" * 201])
def test_a_cursor_that_cannot_be_used_is_told_what_to_give(ask: Asker, cursor: str) -> None:
    answer = ask.get(f"{RANGE}&cursor={cursor}")

    assert answer.status_code == 422
    assert answer.json()["detail"] == f"cursor: {CURSOR_ADVICE}"


@pytest.mark.parametrize(
    "asked", ["&worker_id=W9", "&kind=theft", "&cursor=x", "&cursor=2026-13-01.W1.2", "&limit=0"]
)
def test_a_slip_of_the_pen_is_refused(ask: Asker, asked: str) -> None:
    assert ask.get(RANGE + asked).status_code == 422


def test_findings_need_a_token(ask: Asker) -> None:
    assert ask.get(RANGE, token=None).status_code == 401
