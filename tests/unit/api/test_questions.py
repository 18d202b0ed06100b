"""How questions are read: days, ids, forms, cursors and ranges."""

import base64
import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from api.problems import ProblemError
from api.routes.compliance import ComplianceQuery, choose_days, make_cursor, read_cursor
from api.routes.positions import choose_form
from api.settings import ApiSettings
from api.shapes import Day, Id
from api.views import Views
from patrol.errors import InputError
from patrol.ids import check_id
from tests.asking import NO_DATABASE

JSON = "application/json"
GEOJSON = "application/geo+json"
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)

IDS = st.from_regex(re.compile(r"[A-Za-z0-9_-]{1,64}"), fullmatch=True)


@given(st.dates())
def test_a_day_is_read_as_it_is_written(day: date) -> None:
    assert TypeAdapter(Day).validate_python(day.isoformat()) == day


@pytest.mark.parametrize(
    "given",
    [
        "",
        "2026",
        "20261120",
        "2026-W47-5",
        "2026-11-20T00:00:00",
        "0",
        "2026-02-30",
        "\uff12026-11-20",
    ],
)
def test_what_is_no_day_says_how_to_give_one(given: str) -> None:
    with pytest.raises(ValidationError, match="give a day as YYYY-MM-DD"):
        TypeAdapter(Day).validate_python(given)


@given(st.one_of(IDS, st.text(max_size=70)))
def test_an_id_is_what_it_is_everywhere(text: str) -> None:
    try:
        expected = check_id(text, what="id")
    except InputError:
        with pytest.raises(ValidationError):
            TypeAdapter(Id).validate_python(text)
    else:
        assert TypeAdapter(Id).validate_python(text) == expected


@given(st.dates(), IDS)
def test_a_cursor_leads_back_to_where_it_was_made(day: date, worker_id: str) -> None:
    assert read_cursor(make_cursor({"day": day, "worker_id": worker_id})) == (day, worker_id)


@given(
    st.one_of(
        st.text(max_size=60),
        st.sampled_from(
            [
                *("[]", "{}", "1", "null", "[" * 140),
                *('["2026-11-20"]', '["x", "W1"]', '["2026-11-20", 1]', '[1, "W1"]'),
                *('["2026-11-20", "W 1"]', '["2026-11-20", null]'),
            ]
        ).map(lambda text: base64.urlsafe_b64encode(text.encode()).decode()),
    )
)
def test_a_cursor_that_is_not_ours_is_refused(cursor: str) -> None:
    with pytest.raises(ProblemError, match="next_cursor"):
        read_cursor(cursor)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ("2026-10-23", "2026-11-22")),
        ({"to": "2026-03-31"}, ("2026-03-01", "2026-03-31")),
        ({"from": "2026-11-01"}, ("2026-11-01", "2026-11-22")),
        ({"from": "2025-01-01", "to": "2025-01-01"}, ("2025-01-01", "2025-01-01")),
        ({"to": "0001-01-05"}, ("0001-01-01", "0001-01-05")),
    ],
)
def test_a_range_is_filled_up(query: dict, expected: tuple[str, str]) -> None:
    first_day, last_day = choose_days(ComplianceQuery.model_validate(query), now=NOW)

    assert (str(first_day), str(last_day)) == expected


def test_the_last_day_has_begun_somewhere_on_earth() -> None:
    """Ten in the morning of the 22nd in London is the 23rd on the Line Islands."""
    now = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)

    assert choose_days(ComplianceQuery.model_validate({}), now=now)[1] == date(2026, 11, 23)


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("*/*", JSON),
        ("", None),
        ("application/*", JSON),
        (GEOJSON, GEOJSON),
        (f"{GEOJSON}, {JSON};q=0.9", GEOJSON),
        (f"{GEOJSON};q=0.1, {JSON}", JSON),
        (f"{GEOJSON}, */*", GEOJSON),
        (f"{GEOJSON}, */*;q=0.8", GEOJSON),
        ("text/html, application/xhtml+xml, */*;q=0.8", JSON),
        (f"{JSON};q=0, */*", GEOJSON),
        (f"{JSON.upper()} ; Q=1", JSON),
        (f"{JSON};q=x", None),
        (f"{GEOJSON};charset=utf-8;q=0.5, {JSON};q=0.4", GEOJSON),
        ("text/html", None),
        ("*/*;q=0", None),
    ],
)
def test_the_form_is_the_one_liked_best(accept: str, form: str | None) -> None:
    if form is None:
        with pytest.raises(ProblemError, match="ask for"):
            choose_form(accept, (JSON, GEOJSON))
    else:
        assert choose_form(accept, (JSON, GEOJSON)) == form


@pytest.mark.parametrize(
    ("name", "value"), [("port", -1), ("port", 65536), ("pool_size", 0), ("wait_s", 0.0)]
)
def test_a_setting_out_of_range_is_named(name: str, value: float) -> None:
    with pytest.raises(InputError, match=name):
        ApiSettings(tokens_file="tokens", **{name: value})


def test_a_dsn_that_is_none_is_said() -> None:
    with pytest.raises(InputError, match="dsn"):
        Views("no dsn at all", ApiSettings(tokens_file="tokens"))


def test_a_dsn_is_not_tried_before_it_is_needed() -> None:
    assert Views(NO_DATABASE, ApiSettings(tokens_file="tokens"))
