"""What simulated days tell of receivers whose truth is known."""

import os
from dataclasses import asdict, replace
from functools import cache
from math import log

import pytest

from patrol.chains.evidence import EvidenceRules
from patrol.compliance import DayFacts, Rules
from patrol.geodesy import LocalPlane
from patrol.geofence import PremisesIndex
from patrol.learning import ReceiverParameters, Sums, add_up, fit, observe
from patrol.track import RADIUS_68, TrackRules, build_track
from patrol.visits import VisitRules
from simulator.noise import Receiver
from simulator.scenario import Scenario
from simulator.scoring.scenarios import Hazard
from simulator.scoring.trials import trials
from tests.makers import (
    CITY,
    DAY,
    NO_FIXES,
    door,
    join,
    missing_values,
    span,
    walk,
)

HOUR_S = 3600.0
KNOWN = EvidenceRules()
TRACK = TrackRules()
# Sums of a model that was seen for long enough, and of nothing else.
LONG = Sums(inside_s=6 * HOUR_S, street_s=6 * HOUR_S)
WORDS = Sums(
    words_inside=100,
    word_inside=300,
    word2_inside=925,
    words_street=100,
    word_street=200,
    word2_street=425,
)
DUTY = span(0, 7200)
DOORS = [door("A", 100, 0)]
ELSEWHERE = LocalPlane(-33.92, 18.42)


@cache
def days(receiver: Receiver) -> list[DayFacts]:
    """Return a day of each of eight workers with such receivers."""
    if os.environ.get("NUMBA_DISABLE_JIT") == "1":
        pytest.skip("simulated days take minutes where loops are not compiled")
    scenario = Scenario(seed=5, workers=8, day=DAY, interval_s=10)
    return [one.facts for one in trials(scenario, [Hazard(name="usual", receiver=receiver)])]


def see(facts: DayFacts, rules: Rules = Rules()) -> Sums:  # noqa: B008 - frozen
    (premises,) = facts.premises.values()
    windows = [window.interval for window in facts.windows]
    track = build_track(facts.fixes, rules.track)
    return observe(track, premises, windows=windows, rules=rules.visit)


def learn(receiver: Receiver, rules: Rules = Rules()) -> ReceiverParameters:  # noqa: B008 - frozen
    learned = fit(add_up(see(one, rules) for one in days(receiver)), known=KNOWN, track=TRACK)
    assert learned is not None
    return learned


def taught(learned: ReceiverParameters) -> Rules:
    """Return the rules by which days are read after something was learned."""
    rules = Rules()
    star = replace(rules.visit.star, evidence=learned.teaching_rules(KNOWN))
    return replace(rules, track=learned.track_rules(TRACK), visit=replace(rules.visit, star=star))


def see_walk(fixes, premises=DOORS) -> Sums:
    track = build_track(fixes, TRACK)
    return observe(track, PremisesIndex(premises), windows=[DUTY], rules=VisitRules())


def stay(*, plane=CITY, every_s: float = 10.0) -> tuple:
    """Return a walk to a door, half an hour behind it, and a walk away."""
    return (
        walk([(0, -400, -40), (430, 100, -40), (460, 100, 0)], plane=plane),
        walk([(470, 100, 0), (2260, 100, 0)], accuracy_m=18.0, plane=plane, every_s=every_s),
        walk([(2270, 100, 0), (2300, 100, -40), (2900, 700, -40)], plane=plane),
    )


@pytest.mark.parametrize("optimism", [1.6, 2.5])
def test_the_optimism_of_a_receiver_is_recovered(optimism):
    learned = learn(Receiver(optimism=optimism))

    assert learned.optimism == pytest.approx(optimism, rel=0.15)


def test_what_a_receiver_says_indoors_is_recovered():
    receiver = Receiver()
    learned = learn(receiver)

    said_m = RADIUS_68 * receiver.indoors.sigma_m / receiver.optimism
    assert learned.inside_mean == pytest.approx(log(said_m), abs=0.15)
    assert learned.inside_spread == pytest.approx(receiver.accuracy_spread, abs=0.1)
    open_m, canyon_m = (
        RADIUS_68 * one.sigma_m / receiver.optimism for one in (receiver.open, receiver.canyon)
    )
    assert log(open_m) < learned.outside_mean < log(canyon_m)


def test_receivers_that_fall_silent_more_seldom_indoors_have_a_lower_loss():
    seldom, often = (learn(Receiver(loss_share=share)) for share in (0.2, 0.65))

    assert seldom.signal_loss < often.signal_loss - 0.5
    # Which was chosen on days of such receivers, by what becomes of visits.
    assert often.signal_loss == pytest.approx(KNOWN.signal_loss, abs=0.4)


def test_learning_again_from_the_same_days_comes_to_the_same():
    first = learn(Receiver())

    again = learn(Receiver(), taught(first))

    for name, value in asdict(first).items():
        assert getattr(again, name) == pytest.approx(value, rel=0.05), name


def test_a_receiver_that_says_the_same_indoors_is_not_taken_for_an_optimist():
    learned = learn(Receiver(informed=0.0))

    assert learned.optimism == TRACK.optimism
    assert learned.inside_mean == pytest.approx(learned.outside_mean, abs=0.05)


def test_nothing_of_a_worker_or_a_place_is_learned():
    """The same walk at the other end of the world, by whomever, leaves the same sums."""
    here = see_walk(join(*stay()))
    there = see_walk(join(*stay(plane=ELSEWHERE)), premises=[door("Z", 100, 0, plane=ELSEWHERE)])

    assert asdict(there) == pytest.approx(asdict(here), rel=1e-3, abs=1e-3)


def test_sums_of_days_are_those_of_the_parts():
    one, two = (see(facts) for facts in days(Receiver())[:2])

    assert add_up([one, two]) == one + two
    assert add_up([]) == Sums()
    assert (one + two).inside_s == one.inside_s + two.inside_s


def test_a_model_that_was_seen_for_too_little_is_not_learned():
    assert fit(replace(LONG, inside_s=4.9 * HOUR_S), known=KNOWN, track=TRACK) is None
    assert fit(replace(LONG, street_s=4.9 * HOUR_S), known=KNOWN, track=TRACK) is None


def test_parts_add_up_to_one_sum():
    assert add_up([LONG, Sums(street_s=10.0)]) == replace(LONG, street_s=LONG.street_s + 10)


def test_what_was_not_seen_stays_as_it_is_known():
    learned = fit(LONG, known=KNOWN, track=TRACK)

    assert learned is not None
    assert learned.word_weight == 0
    assert learned.track_rules(TRACK) == TRACK
    assert learned.evidence_rules(KNOWN) == KNOWN


def test_what_was_seen_replaces_what_is_known():
    sums = LONG + WORDS + Sums(stay_fixes=10, stay_ratio=40)
    loss = Sums(silences_inside=40, heard_inside_s=HOUR_S, heard_street_s=HOUR_S, silences_street=4)
    learned = fit(sums + loss, known=KNOWN, track=TRACK)

    assert learned is not None
    word = learned.evidence_rules(KNOWN).word
    assert (word.inside_mean, word.outside_mean, word.weight) == (3, 2, 40)
    assert (word.inside_spread, word.outside_spread) == (0.5, 0.5)
    assert learned.track_rules(TRACK).optimism == 2
    assert learned.signal_loss == pytest.approx(log(9) - 1 + 1 / 9)
    assert learned.evidence_rules(KNOWN).signal_loss == learned.signal_loss
    assert (learned.inside_h, learned.street_h) == (6, 6)


def test_what_decides_where_silences_were_does_not_teach_itself():
    loss = Sums(silences_inside=40, heard_inside_s=HOUR_S, heard_street_s=HOUR_S)
    learned = fit(LONG + WORDS + loss, known=KNOWN, track=TRACK)

    assert learned is not None
    assert learned.teaching_rules(KNOWN).signal_loss == KNOWN.signal_loss
    assert learned.teaching_rules(KNOWN).word == learned.evidence_rules(KNOWN).word


@pytest.mark.parametrize(("ratio", "optimism"), [(0.1, 1.0), (100.0, 4.0)])
def test_optimism_stays_within_what_is_thinkable(ratio, optimism):
    sums = LONG + WORDS + Sums(stay_fixes=100, stay_ratio=100 * ratio)
    learned = fit(sums, known=KNOWN, track=TRACK)

    assert learned is not None
    assert learned.optimism == optimism


@pytest.mark.parametrize(("inside", "street", "loss"), [(50, 0, 4.0), (20, 500, 0.0)])
def test_signal_loss_stays_within_what_is_thinkable(inside, street, loss):
    """Also where nothing was heard indoors, because the receiver is silent there."""
    silent = Sums(silences_inside=inside, silences_street=street, heard_street_s=6 * HOUR_S)
    heard = Sums(heard_inside_s=6 * HOUR_S if street else 0.0)
    learned = fit(LONG + silent + heard, known=KNOWN, track=TRACK)

    assert learned is not None
    assert learned.signal_loss == loss


def test_a_day_without_fixes_teaches_nothing():
    assert see_walk(NO_FIXES) == Sums()


def test_without_premises_nobody_can_say_what_was_indoors():
    assert see_walk(join(*stay()), premises=()) == Sums()


def test_a_stay_tells_seconds_words_and_scatter():
    seen = see_walk(join(*stay()))

    assert seen.inside_s == seen.heard_inside_s == pytest.approx(1800, abs=60)
    assert seen.street_s == pytest.approx(1100, abs=60)
    assert seen.word_inside / seen.words_inside == pytest.approx(log(18), abs=0.01)
    assert seen.word_street / seen.words_street == pytest.approx(log(5), abs=0.01)
    assert seen.stay_fixes == pytest.approx(180, abs=6)
    assert seen.stay_ratio == pytest.approx(0, abs=1)


def test_a_short_stay_or_few_fixes_tell_nothing_of_scatter():
    before, _, _ = stay()
    short = walk([(470, 100, 0), (700, 100, 0)], accuracy_m=18.0)

    assert see_walk(join(before, short)).stay_fixes == 0
    assert see_walk(join(*stay(every_s=300.0))).stay_fixes == 0


def test_a_receiver_without_a_word_teaches_of_silences_alone():
    seen = see_walk(missing_values(join(*stay())))

    assert seen.words_inside == seen.words_street == seen.stay_fixes == 0
    assert seen.inside_s > 0


def test_one_reflection_far_away_is_no_scatter():
    before, within, after = stay()
    lat_e7 = within.lat_e7.copy()
    lat_e7[60:66] += 3600
    seen = see_walk(join(before, replace(within, lat_e7=lat_e7), after))

    assert seen.stay_ratio / seen.stay_fixes < 0.1
