"""The account of a soak: what does not add up is said."""

import random

import pytest

from patrol.ids import TerminalId
from patrol.notices.plans import decode_plan, read_key
from simulator.scenario import Scenario
from simulator.soaking.month import TERMINAL, Month, Trouble, cut_up
from simulator.soaking.reckoning import Account
from tests.makers import at

COUNTS = {"read": 10, "thinned": 4, "off_duty": 0, "implausible": 0}
ALL_STORED = {"written": 6, "stored": 6, "epochs": 6, "numbers": "{[1,7)}"}


def test_what_adds_up_is_right():
    account = Account()
    account.add_run(COUNTS, 6)
    account.close(**ALL_STORED)

    assert account.wrong == []
    assert account.lines()[-1] == "every fix is accounted for"


@pytest.mark.parametrize(("changed", "kept"), [({}, 5), ({"read": 11}, 6), ({"off_duty": 1}, 5)])
def test_a_fix_that_is_neither_kept_nor_thinned_is_wrong(changed, kept):
    account = Account()
    account.add_run({**COUNTS, **changed}, kept)

    assert account.wrong


@pytest.mark.parametrize(
    "changed",
    [{"written": 7}, {"stored": 7}, {"epochs": 5}, {"numbers": "{[1,3),[4,7)}"}, {"numbers": None}],
)
def test_a_fix_that_is_not_stored_once_is_wrong(changed):
    account = Account()
    account.close(**{**ALL_STORED, **changed})

    assert account.lines()[-1] == "NOT every fix is accounted for"


def test_a_day_is_cut_up_without_loss():
    pieces = [bytes([number % 251]) for number in range(5000)]
    chunks = list(cut_up(pieces, random.Random(1)))  # noqa: S311 - no secret

    assert [one for chunk, _ in chunks for one in chunk] == pieces
    assert {trouble for _, trouble in chunks} <= set(Trouble)


def test_plan_and_days_agree(tmp_path):
    month = Month(Scenario(workers=1, day=at(0).date(), interval_s=60), 2)
    month.write_plan(tmp_path)
    key = read_key((tmp_path / "plan-key").read_text())
    plan = decode_plan((tmp_path / "plan").read_bytes(), TerminalId(TERMINAL), key)
    moments = [int(one.moment.timestamp() * 1000) for one in month.shifts()]

    assert [any(span.start_ms <= ms < span.end_ms for span in plan.spans()) for ms in moments] == [
        True,
        True,
    ]
