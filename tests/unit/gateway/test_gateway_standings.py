"""Which terminals are said to be there: lines that break for a moment, silence, a new start."""

import pytest

from gateway.custody.spool import Kept, Spool
from gateway.standing.notes import Notes
from gateway.standing.standings import AGAIN_S, Standings
from patrol.ids import TerminalId
from patrol.messages import Position, State, Status

T1, T2 = TerminalId("T1"), TerminalId("T2")


@pytest.fixture
def standings() -> Standings:
    return Standings(silent_s=900, grace_s=60)


def say(standings: Standings, now_s: float) -> list[tuple[TerminalId, State]]:
    """Say all that is due, and return it."""
    due = standings.due(now_s, most=100)
    standings.told(due, now_s)
    return due


def test_who_speaks_is_said_to_be_there_once(standings):
    standings.heard(T1, 0)

    assert say(standings, 1) == [(T1, State.ONLINE)]
    standings.heard(T1, 2)
    assert say(standings, 3) == []


def test_a_line_that_is_back_in_time_was_never_gone(standings):
    standings.heard(T1, 0)
    say(standings, 0)
    standings.gone(T1, 10)
    standings.heard(T1, 69)

    assert say(standings, 200) == []


def test_a_line_that_stays_away_is_lost_and_comes_again(standings):
    standings.heard(T1, 0)
    say(standings, 0)
    standings.gone(T1, 10)

    assert say(standings, 70) == []
    assert say(standings, 71) == [(T1, State.LOST)]
    assert say(standings, 500) == []
    standings.heard(T1, 501)
    assert say(standings, 501) == [(T1, State.ONLINE)]


def test_silence_without_a_line_is_a_loss(standings):
    standings.heard(T1, 0)
    say(standings, 0)

    assert say(standings, 900) == []
    assert say(standings, 901) == [(T1, State.LOST)]


def test_who_stays_is_told_of_again_so_that_counts_are_not_old(standings):
    standings.heard(T1, 0)
    say(standings, 0)
    standings.heard(T1, AGAIN_S)

    assert say(standings, AGAIN_S + 1) == [(T1, State.ONLINE)]


def test_who_was_there_before_a_new_start_has_time_to_come_back(standings):
    standings.recall([T1, T2], 0)
    standings.heard(T1, 5)

    assert say(standings, 61) == [(T2, State.LOST)]


def test_no_more_are_told_at_once_than_asked_for_and_the_others_next(standings):
    for number in range(5):
        standings.heard(TerminalId(f"T{number}"), 0)

    first = standings.due(0, most=3)
    standings.told(first, 0)
    assert (len(first), len(say(standings, 1))) == (3, 2)


def test_ten_thousand_are_told_of_a_few_at_a_time_and_none_is_left_out(standings):
    everybody = {TerminalId(f"T{number}") for number in range(10_000)}
    for terminal in everybody:
        standings.heard(terminal, 0)
    told: list[TerminalId] = []
    for now_s in range(150):
        told += [terminal for terminal, _ in say(standings, now_s)]

    assert len(told) == len(everybody)
    assert set(told) == everybody


def test_a_broker_that_has_forgotten_is_told_anew(standings):
    standings.heard(T1, 0)
    say(standings, 0)
    standings.forget_told()

    assert say(standings, 1) == [(T1, State.ONLINE)]


def test_a_status_counts_what_was_written_and_what_of_it_waits(tmp_path):
    path = tmp_path / "s.sqlite"
    with Spool(path) as spool:
        spool.begin()
        spool.put([Kept(T1, "gateway-jt808", Position(epoch, 1, 2)) for epoch in (10, 20, 30)])
        spool.forget(T1, [(1, 2)])
        spool.commit()
        outbox = spool.id
    notes = Notes(path)

    told = notes.statuses([(T1, State.ONLINE), (T2, State.LOST)])
    assert told == [
        (T1, Status(state=State.ONLINE, outbox=outbox, written=3, waiting=1)),
        (T2, Status(state=State.LOST)),
    ]


def test_who_was_there_is_remembered_over_a_start(tmp_path):
    Spool(tmp_path / "s.sqlite").close()
    notes = Notes(tmp_path / "s.sqlite")
    assert notes.online() == []
    notes.note([(T1, State.ONLINE), (T2, State.ONLINE)])
    notes.note([(T1, State.LOST), (T2, State.ONLINE)])

    assert Notes(tmp_path / "s.sqlite").online() == [T2]
