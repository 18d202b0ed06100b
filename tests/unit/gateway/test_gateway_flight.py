"""What is on its way: sent again in time, gone when stored, and never in others' way for good."""

from gateway.custody.flight import Flight, Run
from patrol.ids import TerminalId

T1, T2 = TerminalId("T1"), TerminalId("T2")


def flying(*runs: Run, resend_s: float = 10.0) -> Flight:
    flight = Flight(resend_s)
    for run in runs:
        flight.sent(run)
    return flight


def due(flight: Flight, now_s: float) -> list[tuple[str, int, int]]:
    return [(run.terminal, run.first, run.last) for run in flight.take_due(now_s, most_fixes=1_000)]


def test_what_is_stored_is_not_sent_again():
    flight = flying(Run(T1, 1, 5, 0.0, 1), Run(T1, 6, 9, 0.0, 1), Run(T2, 1, 3, 0.0, 1))
    flight.stored(T1, [(1, 9)])

    assert flight.fixes == 3
    assert due(flight, 10.0) == [(T2, 1, 3)]
    assert flight.fixes == 0


def test_of_a_run_in_part_stored_what_is_left_is_sent_again():
    flight = flying(Run(T1, 1, 9, 0.0, 1))
    flight.stored(T1, [(3, 4), (9, 9)])

    assert flight.fixes == 6
    assert due(flight, 10.0) == [(T1, 1, 2), (T1, 5, 8)]


def test_what_is_stored_twice_or_was_never_sent_counts_for_nothing():
    flight = flying(Run(T1, 1, 5, 0.0, 1))
    for _ in range(2):
        flight.stored(T1, [(1, 2)])
    flight.stored(T2, [(1, 100)])

    assert flight.fixes == 3


def test_nothing_is_due_before_its_time_and_each_pause_is_twice_the_one_before():
    flight = flying(Run(T1, 1, 1, 0.0, 1), Run(T2, 1, 1, 0.0, 2))

    assert due(flight, 9.9) == []
    assert due(flight, 10.0) == [("T1", 1, 1)]
    assert due(flight, 19.9) == []
    assert due(flight, 20.0) == [("T2", 1, 1)]


def test_what_the_server_passes_over_again_and_again_keeps_nobody_waiting():
    flight = flying(Run(T1, 1, 100, 0.0, 1))
    now_s, times = 0.0, []
    while len(times) < 3:
        now_s += 1.0
        for run in flight.take_due(now_s, most_fixes=1_000):
            times.append(flight.times_of_next(run))
            flight.sent(run._replace(sent_s=now_s, times=times[-1]))
            # Others, sent later, are stored.
            flight.sent(Run(T2, run.times, run.times, now_s + 0.5, 1))
            flight.stored(T2, [(run.times, run.times)])

    assert times == [2, 3, 4]
    assert (flight.fixes, flight.stuck) == (0, 100)


def test_while_the_server_stores_nothing_nobody_is_stuck():
    flight = flying(Run(T1, 1, 100, 0.0, 1))
    now_s = 0.0
    for _ in range(5):
        now_s += 50.0
        for run in flight.take_due(now_s, most_fixes=1_000):
            flight.sent(run._replace(sent_s=now_s, times=flight.times_of_next(run)))

    assert (flight.fixes, flight.stuck) == (100, 0)


def test_a_new_connection_begins_with_nothing_on_its_way():
    flight = flying(Run(T1, 1, 5, 0.0, 1))
    flight.clear()

    assert (flight.fixes, due(flight, 100.0)) == (0, [])


def test_no_more_is_taken_to_be_sent_again_than_the_line_takes():
    flight = flying(*(Run(T1, seq, seq + 9, 0.0, 1) for seq in (1, 11, 21)))

    taken = [flight.take_due(10.0, most_fixes=most) for most in (0, 15, 15)]

    assert [[run.first for run in runs] for runs in taken] == [[], [1, 11], [21]]
    assert flight.fixes == 0


def test_what_is_stored_soon_leaves_nothing_behind_until_its_pause_is_over():
    flight = flying(Run(T2, 1, 5, 0.0, 1))
    for seq in range(1, 30_000):
        flight.sent(Run(T1, seq, seq, seq / 1_000, 1))
        flight.stored(T1, [(seq, seq)])

    assert len(flight._due) <= 10_001
    assert due(flight, 1_000.0) == [(T2, 1, 5)]
