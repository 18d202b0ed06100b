"""What a chaos run is made of: outboxes, walks, poison, the order of faults."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patrol.errors import InputError
from patrol.messages import decode_position, decode_status
from patrol.notices.checkins import decode_checkin
from patrol.topics import Kind, Topics
from simulator.chaos.faults import FAULTS
from simulator.chaos.plan import Plan, schedule
from simulator.chaos.reckoning import multirange
from simulator.chaos.terminals.outboxes import Outboxes
from simulator.chaos.terminals.poison import poison
from simulator.chaos.terminals.walks import BACK_FIXES, STEP_MS, Clock, Walks

WALKS = Walks(terminals=3, fixes=230, now_ms=1_790_000_000_000)
PLAN = Plan(
    folder=Path("x"),
    seed=1,
    terminals=20,
    fixes=20_000,
    faults=40,
    kinds=tuple(FAULTS),
    replicas=1,
    longest_s=2.0,
    resend_after_s=2.0,
    dsn=None,
    installation=None,
)
READ = {
    Kind.POSITION: decode_position,
    Kind.STATUS: decode_status,
    Kind.CHECKIN: decode_checkin,
}


def all_sent(outboxes: Outboxes) -> Outboxes:
    while batches := outboxes.new(most=1_000, limit=WALKS.fixes):
        for batch in batches:
            outboxes.note_sent(batch, now_s=1.0)
    return outboxes


@given(order=st.permutations(range(1, 231)), size=st.integers(1, 60))
def test_an_outbox_is_empty_when_all_its_numbers_were_told_in_any_order(order, size):
    outboxes = all_sent(Outboxes(WALKS, size=size))
    for number in order:
        for terminal in range(3):
            outboxes.hear(terminal, number, number)

    assert outboxes.is_empty
    assert outboxes.due(before_s=1e9) == []
    assert outboxes.early == []


def test_what_is_not_answered_is_due_again_and_nothing_else():
    outboxes = all_sent(Outboxes(WALKS, size=50))
    outboxes.hear(0, 1, 50)
    outboxes.hear(1, 60, 60)

    due = {(one.terminal, one.first) for one in outboxes.due(before_s=2.0)}
    assert (0, 0) not in due
    assert (1, 50) in due
    assert len(due) == 3 * 5 - 1


def test_being_told_to_forget_what_was_never_sent_is_noticed():
    outboxes = Outboxes(WALKS, size=50)
    outboxes.note_sent(outboxes.new(most=1, limit=50)[0], now_s=1.0)
    outboxes.hear(0, 40, 51)

    assert outboxes.early == ["terminal 0, numbers 40 to 51"]
    assert outboxes.told_count == 0


def test_terminals_send_no_more_than_they_have_measured_and_may_have_unanswered():
    outboxes = Outboxes(WALKS, size=10)
    for _ in range(100):
        for batch in outboxes.new(most=4, limit=35):
            outboxes.note_sent(batch, now_s=1.0)

    assert outboxes.sent.tolist() == [40, 40, 40]


def test_a_clock_that_is_set_back_repeats_times_of_a_right_one():
    outboxes = Outboxes(WALKS, size=50)
    assert not outboxes.set_clock(0, Clock.BACK, length=9)
    outboxes.note_sent(outboxes.new(most=1, limit=50)[0], now_s=1.0)
    assert outboxes.set_clock(0, Clock.BACK, length=9)

    epochs_ms = WALKS.epochs_ms(np.arange(230), outboxes.clocks[0])
    assert epochs_ms[50] == epochs_ms[50 - BACK_FIXES]
    assert len(np.unique(epochs_ms)) == 230 - BACK_FIXES


def test_of_two_fixes_of_one_time_the_later_one_is_sent_again_first():
    outboxes = Outboxes(WALKS, size=50)
    outboxes.note_sent(outboxes.new(most=1, limit=50)[0], now_s=1.0)
    outboxes.set_clock(0, Clock.BACK, length=9)
    again = all_sent(outboxes).again(np.random.default_rng(1), count=5)

    assert len(again) == 7
    assert [(one.terminal, one.first) for one in again[-2:]] == [(0, 89), (0, 49)]


def test_fixes_are_on_duty_as_the_roster_says():
    epochs_ms = WALKS.epochs_ms(np.arange(230), np.zeros(230, dtype=np.uint8))
    windows = WALKS.duty_ms()
    in_windows = [any(start <= one < end for start, end in windows) for one in epochs_ms.tolist()]

    assert WALKS.is_on_duty(epochs_ms).tolist() == in_windows
    assert 0 < sum(in_windows) < 230
    assert epochs_ms[-1] + STEP_MS < WALKS.now_ms - 26 * 3_600_000


@pytest.mark.parametrize("number", range(36))
def test_poison_can_be_used_by_nobody(number):
    topic, payload = poison(number, Topics(), terminals=3)
    terminal, kind = Topics().read(topic)
    if terminal > "C0002":
        assert decode_position(payload)
        return

    try:
        batch = READ[kind](payload)
    except InputError:
        return
    assert batch.seq + len(batch.positions) > 1 << 63


def test_no_two_poisons_are_alike():
    assert len({poison(number, Topics(), terminals=3) for number in range(400)}) == 400


def test_every_kind_of_fault_strikes_as_often_as_the_others():
    blows = schedule(PLAN, ["a", "b", "c", "d"])

    assert [sum(blow.name == name for blow in blows) for name in "abcd"] == [10] * 4
    assert blows == schedule(PLAN, ["a", "b", "c", "d"])
    assert [blow.after for blow in blows] == sorted(blow.after for blow in blows)
    assert all(0 < blow.lasts_s <= 2.0 for blow in blows)


@given(numbers=st.sets(st.integers(1, 40)))
def test_numbers_are_written_as_postgresql_writes_them(numbers):
    mask = np.array([one in numbers for one in range(1, 41)])
    spans = [part.split(",") for part in multirange(mask)[2:-2].split("),[") if part]

    assert {one for first, end in spans for one in range(int(first), int(end))} == numbers
    assert all(int(end) < int(first) for (_, end), (first, _) in pairwise(spans))


def test_a_plan_that_cannot_be_is_refused():
    with pytest.raises(InputError, match="100 a terminal"):
        replace(PLAN, fixes=100)
