"""The noise has the figures that its parameters say."""

from dataclasses import replace

import numpy as np
import pytest

from simulator.noise import (
    CANYON,
    CIRCLE_68,
    INDOORS,
    OPEN,
    Observed,
    Receiver,
    Scene,
    Surroundings,
    observe,
    wander,
)
from simulator.tracks import OUTDOORS, Ints, Span

EVERY_S = 10
STILL = Surroundings(sigma_m=0, memory_s=60, jumps_per_h=0, speed_sigma_mps=0, hdop=1, satellites=9)
# A receiver without any noise, to which each test adds the one that it is about.
QUIET = Receiver(
    open=STILL,
    canyon=STILL,
    indoors=STILL,
    visit_bias_m=0,
    loss_share=0,
    missing_share=0,
    dead_zone_every_s=1e12,
)


def scene(surroundings: int, *, count: int = 1000, stays: tuple[Span, ...] = ()) -> Scene:
    """Return somebody who stands at the middle of the city; in `stays` indoors."""
    at_ms = np.arange(count, dtype=np.int64) * EVERY_S * 1000
    stay_of = np.full(count, OUTDOORS)
    for index, stay in enumerate(stays):
        stay_of[(at_ms >= stay.start_ms) & (at_ms < stay.end_ms)] = index
    nothing = np.zeros(count)
    return Scene(
        at_ms=at_ms,
        x_m=nothing,
        y_m=nothing,
        x_mps=nothing,
        y_mps=nothing,
        street_bias_x_m=nothing,
        street_bias_y_m=nothing,
        surroundings=np.where(stay_of == OUTDOORS, surroundings, INDOORS),
        stay_of=stay_of,
        stays=stays,
    )


def visits(count: int, *, length_s: int) -> tuple[Span, ...]:
    """Return visits with as much time between them."""
    return tuple(
        Span(index * 2 * length_s * 1000, (index * 2 + 1) * length_s * 1000)
        for index in range(count)
    )


def seen(what: Scene, receiver: Receiver, *, seed: int = 1) -> Observed:
    return observe(what, receiver, np.random.default_rng(seed))


def runs(mask: np.ndarray) -> list[int]:
    """Return the lengths of the stretches where `mask` is true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(int), [0]])))
    return (edges[1::2] - edges[::2]).tolist()


def wandering(surroundings: int, *, every_s: int, count: int = 60_000) -> np.ndarray:
    at_ms: Ints = np.arange(count, dtype=np.int64) * every_s * 1000
    places: Ints = np.full(count, surroundings, dtype=np.int64)
    return wander(at_ms, places, receiver=Receiver(), rng=np.random.default_rng(3))


@pytest.mark.parametrize(("surroundings", "sigma_m"), [(OPEN, 4), (CANYON, 9), (INDOORS, 16)])
@pytest.mark.parametrize("every_s", [5, 30])
def test_errors_spread_as_the_surroundings_say_at_any_sampling(surroundings, sigma_m, every_s):
    assert np.std(wandering(surroundings, every_s=every_s)) == pytest.approx(sigma_m, rel=0.05)


@pytest.mark.parametrize(("surroundings", "memory_s"), [(OPEN, 60), (CANYON, 60), (INDOORS, 90)])
def test_errors_are_remembered_as_long_as_the_surroundings_say(surroundings, memory_s):
    errors_m = wandering(surroundings, every_s=10)
    for lag in (1, 3, 6):
        correlation = np.corrcoef(errors_m[:-lag], errors_m[lag:])[0, 1]
        assert correlation == pytest.approx(np.exp(-lag * 10 / memory_s), abs=0.04)


def test_going_indoors_changes_the_error_by_and_by():
    places = np.repeat([OPEN, INDOORS], 30_000)
    errors_m = wander(
        np.arange(60_000) * 1000, places, receiver=Receiver(), rng=np.random.default_rng(1)
    )

    assert abs(errors_m[30_000] - errors_m[29_999]) < 10


def test_the_two_axes_err_by_themselves():
    observed = seen(scene(OPEN, count=50_000), replace(QUIET, open=Receiver().open))

    assert np.corrcoef(observed.x_m, observed.y_m)[0, 1] == pytest.approx(0, abs=0.05)


def test_a_visit_has_one_bias():
    stays = visits(300, length_s=600)

    observed = seen(scene(OPEN, count=36_000, stays=stays), replace(QUIET, visit_bias_m=8))
    biases = [set(observed.x_m[scene_part(stay)].tolist()) for stay in stays]
    assert {len(one) for one in biases} == {1}
    assert np.std([one.pop() for one in biases]) == pytest.approx(8, rel=0.15)


def scene_part(span: Span) -> slice:
    return slice(span.start_ms // (EVERY_S * 1000), span.end_ms // (EVERY_S * 1000))


def test_outdoors_there_is_no_bias_of_a_visit():
    stays = visits(3, length_s=600)

    observed = seen(scene(OPEN, count=360, stays=stays), replace(QUIET, visit_bias_m=8))
    assert not observed.x_m[60:120].any()


def test_a_street_shifts_what_is_seen_in_it():
    there = replace(scene(CANYON), street_bias_x_m=np.full(1000, -7.5))

    assert set(seen(there, QUIET).x_m.tolist()) == {-7.5}


@pytest.mark.parametrize(("surroundings", "per_h"), [(OPEN, 4), (INDOORS, 15)])
def test_positions_jump_as_often_as_the_surroundings_say(surroundings, per_h):
    count, hours = 90_000, 250
    receiver = Receiver()
    jumping = replace(
        QUIET,
        open=STILL._replace(jumps_per_h=receiver.open.jumps_per_h),
        indoors=STILL._replace(jumps_per_h=receiver.indoors.jumps_per_h),
        # Long enough that none falls between two epochs.
        jump_s=30,
        jump_spread=0.01,
    )

    observed = seen(scene(surroundings, count=count), jumping)
    jumps = len(np.flatnonzero(np.diff(observed.x_m) != 0)) / 2
    assert jumps / hours == pytest.approx(per_h, rel=0.1)


def test_a_jump_is_forty_five_metres_for_twenty_five_seconds_as_a_rule():
    jumping = replace(QUIET, open=STILL._replace(jumps_per_h=4))

    observed = seen(scene(OPEN, count=90_000), jumping)
    size_m = np.hypot(observed.x_m, observed.y_m)
    starts = np.flatnonzero((size_m[1:] > 0) & (size_m[:-1] == 0)) + 1
    assert np.median(size_m[starts]) == pytest.approx(45, rel=0.1)
    assert np.mean(runs(size_m > 0)) * EVERY_S == pytest.approx(25 * np.exp(0.125), rel=0.15)


def test_in_two_visits_of_three_the_signal_is_lost():
    stays = visits(500, length_s=600)

    observed = seen(scene(OPEN, count=60_000, stays=stays), replace(QUIET, loss_share=0.65))
    lost = [not observed.solved[scene_part(stay)].all() for stay in stays]
    assert np.mean(lost) == pytest.approx(0.65, abs=0.05)


def test_indoors_the_signal_is_mostly_away_and_sometimes_there():
    [stay] = visits(1, length_s=600_000)

    observed = seen(scene(OPEN, count=60_000, stays=(stay,)), replace(QUIET, loss_share=1))
    assert np.mean(~observed.solved) == pytest.approx(240 / 280, abs=0.03)
    assert np.mean(runs(~observed.solved)) * EVERY_S == pytest.approx(255, rel=0.2)


def test_the_first_loss_comes_after_three_quarters_of_a_minute_as_a_rule():
    stays = visits(500, length_s=600)

    observed = seen(scene(OPEN, count=60_000, stays=stays), replace(QUIET, loss_share=1))
    first = [int(np.argmin(observed.solved[scene_part(stay)])) * EVERY_S for stay in stays]
    # Seen at epochs only, so half of their distance later.
    assert np.mean(first) == pytest.approx(45 + EVERY_S / 2, rel=0.15)


def test_outdoors_the_signal_is_not_lost():
    stays = visits(5, length_s=600)

    observed = seen(scene(OPEN, count=600, stays=stays), replace(QUIET, loss_share=1))
    assert observed.solved[60:120].all()


def test_after_a_loss_the_first_fixes_are_worse():
    stays = visits(500, length_s=600)

    observed = seen(scene(OPEN, count=60_000, stays=stays), replace(QUIET, loss_share=1))
    after = [stay.end_ms // (EVERY_S * 1000) for stay in stays]
    lost_to_the_end = [index for index in after if not observed.solved[index - 1]]
    assert len(lost_to_the_end) > 300
    errors_m = np.concatenate([observed.x_m[lost_to_the_end], observed.y_m[lost_to_the_end]])
    assert np.std(errors_m) == pytest.approx(20, rel=0.1)
    assert not observed.x_m[np.array(after[:-1]) + 2].any()


def test_one_epoch_in_a_hundred_is_missing():
    observed = seen(scene(OPEN, count=50_000), replace(QUIET, missing_share=0.01))

    assert np.mean(~observed.solved) == pytest.approx(0.01, rel=0.15)


def test_every_four_hours_there_is_a_dead_zone_of_seven_minutes():
    hours, dead = 1000, replace(QUIET, dead_zone_every_s=4 * 3600)

    observed = seen(scene(OPEN, count=hours * 360), dead)
    lengths = runs(~observed.solved)
    assert len(lengths) == pytest.approx(hours / 4, rel=0.15)
    assert np.median(lengths) * EVERY_S == 420


@pytest.mark.parametrize(("surroundings", "sigma_m"), [(OPEN, 4), (CANYON, 9), (INDOORS, 16)])
def test_the_accuracy_field_follows_the_surroundings_and_flatters(surroundings, sigma_m):
    observed = seen(scene(surroundings, count=20_000), Receiver())

    assert np.median(observed.accuracy_m) == pytest.approx(CIRCLE_68 * sigma_m / 1.6, rel=0.02)
    assert np.std(np.log(observed.accuracy_m)) == pytest.approx(0.3, rel=0.05)


def test_an_uninformed_receiver_tells_the_same_accuracy_everywhere():
    uninformed = replace(Receiver(), informed=0)

    assert np.median(seen(scene(INDOORS), uninformed).accuracy_m) == pytest.approx(
        np.median(seen(scene(OPEN), uninformed).accuracy_m), rel=0.05
    )


def test_less_than_two_thirds_of_the_fixes_lie_within_their_accuracy():
    observed = seen(scene(OPEN, count=20_000), Receiver())
    within = np.hypot(observed.x_m, observed.y_m) < observed.accuracy_m

    assert 0.25 < np.mean(within) < 0.6


def test_a_roof_costs_satellites_and_geometry():
    under_the_sky, under_a_roof = (seen(scene(kind), Receiver()) for kind in (OPEN, INDOORS))

    assert under_a_roof.satellites.mean() < under_the_sky.satellites.mean() - 5
    assert under_a_roof.hdop.mean() > 2 * under_the_sky.hdop.mean()
    assert under_a_roof.satellites.min() >= 4


def test_the_same_seed_gives_the_same_noise():
    stays = visits(5, length_s=600)
    one, two = (seen(scene(OPEN, stays=stays), Receiver(), seed=4) for _ in range(2))

    assert np.array_equal(one.x_m, two.x_m)
    assert np.array_equal(one.solved, two.solved)
