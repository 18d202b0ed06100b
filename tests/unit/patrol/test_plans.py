"""Plans of duty: what is signed for whom, and what a terminal takes for one."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patrol import wire
from patrol.errors import InputError
from patrol.ids import CheckpointId, TerminalId
from patrol.notices import plans
from patrol.notices.plans import (
    MOST_BREAKS,
    DutyPlan,
    Notice,
    Pace,
    Span,
    Window,
    decode_plan,
    derive_key,
    encode_plan,
    read_key,
)

T01, T02 = TerminalId("T01"), TerminalId("T02")
SECRET = bytes(range(32))
KEY = derive_key(SECRET, T01)
START_MS = 1_760_000_000_000
HOUR_MS = 3_600_000
WINDOW = Window(
    Span(START_MS, START_MS + 8 * HOUR_MS),
    (Span(START_MS + 3 * HOUR_MS, START_MS + 4 * HOUR_MS),),
)
PLAN = DutyPlan(
    number=START_MS,
    windows=(WINDOW,),
    pace=Pace(5, 30, 120),
    checkpoints=(CheckpointId("C1"),),
    notice=Notice(90, ("presence",)),
)


def changed(**fields: object) -> bytes:
    """Return a plan with other fields, signed by whoever has the key."""
    body = json.loads(wire.plain_of(encode_plan(PLAN, T01, KEY)))
    body |= fields
    return signed(body)


def signed(body: dict) -> bytes:
    body.pop("sig", None)
    return json.dumps({**body, "sig": plans._signature(body, T01, KEY)}).encode()


def span(start_h: float, end_h: float) -> Span:
    return Span(START_MS + round(start_h * HOUR_MS), START_MS + round(end_h * HOUR_MS))


@pytest.mark.parametrize("windows", [(), (WINDOW,), (Window(WINDOW.span),)])
def test_a_plan_comes_back_as_it_was(windows: tuple[Window, ...]) -> None:
    plan = replace(PLAN, windows=windows)

    assert decode_plan(encode_plan(plan, T01, KEY), T01, KEY) == plan


def test_a_plan_of_another_terminal_is_refused() -> None:
    theirs = encode_plan(PLAN, T02, derive_key(SECRET, T02))

    with pytest.raises(InputError, match="not signed for T01"):
        decode_plan(theirs, T01, KEY)


def test_even_with_the_same_key_a_plan_is_of_one_terminal() -> None:
    with pytest.raises(InputError, match="not signed for T01"):
        decode_plan(encode_plan(PLAN, T02, KEY), T01, KEY)


def test_terminals_have_keys_of_their_own() -> None:
    assert derive_key(SECRET, T01) != derive_key(SECRET, T02)
    assert read_key(KEY.hex()) == KEY


@pytest.mark.parametrize("sig", [None, 1, "", "0" * 64, "é" * 64])
def test_without_its_signature_a_plan_is_refused(sig: object) -> None:
    body = json.loads(wire.plain_of(encode_plan(PLAN, T01, KEY))) | {"sig": sig}

    with pytest.raises(InputError, match="not signed"):
        decode_plan(json.dumps(body).encode(), T01, KEY)


@settings(max_examples=50)
@given(st.data())
def test_whatever_is_changed_in_a_plan_it_is_refused(data: st.DataObject) -> None:
    body = json.loads(wire.plain_of(encode_plan(PLAN, T01, KEY)))
    name = data.draw(st.sampled_from([*(set(body) - {"v", "sig"}), "other"]))
    value = data.draw(st.one_of(st.integers(), st.text(max_size=3), st.lists(st.integers())))
    if body.get(name) == value:
        return

    with pytest.raises(InputError, match="not signed"):
        decode_plan(json.dumps(body | {name: value}).encode(), T01, KEY)


def test_fields_that_nobody_knows_are_passed_over_when_they_are_signed() -> None:
    assert decode_plan(changed(more={"a": [1.5]}), T01, KEY) == PLAN


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"plan": -1}, "plan"),
        ({"plan": 1}, "plan"),
        ({"windows": [1]}, "window"),
        ({"windows": [{"start": START_MS}]}, "end"),
        ({"windows": [{"start": START_MS, "end": START_MS}]}, "last"),
        ({"windows": [{"start": START_MS, "end": START_MS + 25 * HOUR_MS}]}, "24 h"),
        ({"windows": [{"start": START_MS, "end": START_MS + 1, "breaks": [1]}]}, "break"),
        ({"windows": [{"start": START_MS, "end": START_MS + 1, "breaks": [[1]]}]}, "break"),
        ({"windows": [{"start": START_MS, "end": START_MS + 1, "breaks": [[1, 2]]}]}, "breaks"),
        ({"moving_s": 0}, "moving_s"),
        ({"standing_s": 3601}, "standing_s"),
        ({"heartbeat_s": None}, "heartbeat_s"),
        ({"checkpoints": ["C 1"]}, "checkpoint"),
        ({"checkpoints": ["C"] * 501}, "checkpoints"),
        ({"notice": None}, "notice"),
        ({"notice": {"days": 0}}, "days"),
        ({"notice": {"days": 1, "purposes": ["a b"]}}, "purpose"),
        ({"notice": {"days": 1, "purposes": ["a"] * 21}}, "purposes"),
    ],
)
def test_what_cannot_be_a_plan_is_refused_though_it_is_signed(fields: dict, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        decode_plan(changed(**fields), T01, KEY)


@pytest.mark.parametrize(
    ("windows", "reason"),
    [
        ([Window(span(0, 2)), Window(span(1, 3))], "overlaps"),
        ([Window(span(2, 3)), Window(span(0, 1))], "overlaps"),
        ([Window(span(n, n + 0.5)) for n in range(101)], "more than 100 windows"),
    ],
)
def test_windows_follow_one_another(windows: list[Window], reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        replace(PLAN, windows=tuple(windows))


@pytest.mark.parametrize(
    ("breaks", "reason"),
    [
        ([span(-1, 1)], "outside"),
        ([span(7, 9)], "outside"),
        ([span(2, 1)], "last"),
        ([span(1, 3), span(2, 4)], "overlaps"),
        ([span(n / 10, n / 10 + 0.05) for n in range(MOST_BREAKS + 1)], "more than"),
    ],
)
def test_breaks_follow_one_another_within_their_window(breaks: list[Span], reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        Window(span(0, 8), tuple(breaks))


@pytest.mark.parametrize(
    ("breaks", "spans"),
    [
        ([], [(0, 8)]),
        ([(3, 4)], [(0, 3), (4, 8)]),
        ([(0, 1), (7, 8)], [(1, 7)]),
        ([(0, 8)], []),
        ([(1, 2), (2, 3)], [(0, 1), (3, 8)]),
    ],
)
def test_breaks_are_cut_out_of_windows(
    breaks: list[tuple[int, int]], spans: list[tuple[int, int]]
) -> None:
    window = Window(span(0, 8), tuple(span(*one) for one in breaks))

    assert replace(PLAN, windows=(window,)).spans() == [span(*one) for one in spans]


def test_a_short_secret_protects_nothing() -> None:
    with pytest.raises(InputError, match="31 bytes"):
        derive_key(bytes(31), T01)


@pytest.mark.parametrize("text", ["", "0" * 63, "G" * 64, "A" * 64])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="64 digits"):
        read_key(text)
