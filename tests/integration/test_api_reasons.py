"""Reasons in the language asked for, and time that is excused."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.asking import (
    DAY,
    DAY_OF_LI,
    TOKEN,
    Asker,
    bearer,
    execute,
    known_day,
)

DAY_OF_WANG = f"/v1/workers/W2/days/{DAY}"
ENGLISH = "between 0 h 00 min and 0 h 01 min of home visits, required 3 h 00 min"
CHINESE = "入户时长介于 0 分钟至 1 分钟之间\uff0c要求 3 小时"


@pytest.fixture(scope="module")
def ask(shared_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asker]:
    with known_day(shared_database, tmp_path_factory.mktemp("api")) as asker:
        yield asker


@pytest.fixture
def ask_alone(database: str, tmp_path: Path) -> Iterator[Asker]:
    """For a test that changes what is known."""
    with known_day(database, tmp_path) as asker:
        yield asker


def test_a_reason_is_told_by_code_values_and_words(ask: Asker) -> None:
    day = ask.json(DAY_OF_WANG)

    assert day["visit_reason_code"] == "visits_not_met"
    assert day["visit_reason_values"] == {"low_s": 0, "high_s": 60, "required_s": 10800}
    assert day["visit_reason"] == ENGLISH


def test_a_language_is_asked_for_by_name(ask: Asker) -> None:
    assert ask.json(f"{DAY_OF_WANG}?lang=zh")["visit_reason"] == CHINESE


@pytest.mark.parametrize("path", [DAY_OF_WANG, f"/v1/compliance?from={DAY}&to={DAY}&worker_id=W2"])
@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-GB;q=0.9, zh;q=0.2", "en"),
        ("fr", "en"),
        ("zh;q=nonsense", "en"),
        ("zh;level=1", "zh"),
    ],
)
def test_a_browser_says_which_language_is_read(
    ask: Asker, path: str, header: str, language: str
) -> None:
    answer = ask.ask("GET", path, {"Accept-Language": header, **bearer(TOKEN)})

    (day,) = answer.json().get("days", [answer.json()])
    assert day["visit_reason"] == {"en": ENGLISH, "zh": CHINESE}[language]
    assert answer.headers["Content-Language"] == language
    assert "Accept-Language" in answer.headers["Vary"]


def test_what_is_asked_for_by_name_wins(ask: Asker) -> None:
    path = f"/v1/compliance?from={DAY}&to={DAY}&worker_id=W2&lang=en"
    answer = ask.ask("GET", path, {"Accept-Language": "zh", **bearer(TOKEN)})

    assert answer.json()["days"][0]["visit_reason"] == ENGLISH


def test_an_unknown_language_is_refused(ask: Asker) -> None:
    assert ask.get(f"{DAY_OF_WANG}?lang=fr").status_code == 422


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("code", "values"),
    [
        ("visits_not_met", "{}"),
        ("visits_not_met", "[]"),
        ("visits_not_met", '{"low_s": null, "high_s": {"a": 1}, "required_s": true}'),
        ("visits_of_tomorrow", '{"low_s": 1}'),
    ],
)
def test_a_reason_of_another_version_is_told_in_its_stored_words(
    ask_alone: Asker, database: str, code: str, values: str, language: str
) -> None:
    with psycopg.connect(database) as conn:
        conn.execute(
            "update daily_compliance set visit_code = %s, visit_values = %s where worker_id = 'W2'",
            (code, values),
        )

    days = ask_alone.json(f"/v1/compliance?from={DAY}&to={DAY}&lang={language}")["days"]
    assert [one["worker_id"] for one in days] == ["W1", "W2"]
    assert days[1]["visit_reason"] == "why visits are so"
    assert ask_alone.json(f"{DAY_OF_WANG}?lang={language}")["visit_reason"] == "why visits are so"


def test_an_excuse_of_another_version_is_told_by_its_kind(ask_alone: Asker, database: str) -> None:
    execute(
        database,
        "insert into excused_interval values ('W1', '2026-11-20', '2026-11-20 04:00Z', "
        "'2026-11-20 04:20Z', 'G1', 'of_tomorrow')",
    )

    (excused,) = ask_alone.json(f"{DAY_OF_LI}?lang=zh")["excused"]
    assert excused["reason"] == "of_tomorrow"


def test_excused_time_is_told_with_its_reason(ask_alone: Asker, database: str) -> None:
    execute(
        database,
        "update daily_compliance set excused_s = 1200, unknown_s = 3800 where worker_id = 'W1'; "
        "insert into excused_interval values ('W1', '2026-11-20', '2026-11-20 04:00Z', "
        "'2026-11-20 04:20Z', 'G1', 'weather')",
    )

    whole = ask_alone.json(f"{DAY_OF_LI}?lang=zh")
    assert whole["excused_s"] == 1200
    assert whole["excused"] == [
        {
            "start_at": "2026-11-20T04:00:00Z",
            "end_at": "2026-11-20T04:20:00Z",
            "duration_s": 1200.0,
            "grid_id": "G1",
            "reason": "恶劣天气",
            "reason_code": "weather",
        }
    ]
    assert ask_alone.json(f"{DAY_OF_LI}/presence")["excused"][0]["reason"] == "weather"
