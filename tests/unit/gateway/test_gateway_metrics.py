"""What the gateway counts, as Prometheus reads it; and how many may come in."""

import re

import pytest

from gateway.metrics import GatewayMetrics
from gateway.serving.places import Places
from gateway.serving.repeats import MOST_REMEMBERED, Repeats
from gateway.serving.work import UNKNOWN_TERMINAL, Work
from patrol.ids import TerminalId
from patrol.messages import Position

T1, T2 = TerminalId("T1"), TerminalId("T2")


@pytest.fixture
def metrics() -> GatewayMetrics:
    """Return counters of their own."""
    return GatewayMetrics()


def value(metrics: GatewayMetrics, name: str, **labels: str) -> float | None:
    """Return a counter as it is served, None where it is not."""
    for line in metrics.expose().body.decode().splitlines():
        found = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line)
        if found is None or found[1] != f"patrol_gateway_{name}":
            continue
        if dict(re.findall(r'(\w+)="([^"]*)"', found[2] or "")) == labels:
            return float(found[3])
    return None


def test_frames_events_and_refusals_are_counted_by_protocol_and_model(metrics):
    work = Work(
        counts=[("located", "badge"), ("late", "badge"), ("duplicate", "badge")],
        refused=["checksum"],
        frames=2,
        model="badge",
    )
    metrics.count("jt808", work)
    metrics.count("jt808", work)

    badge = {"protocol": "jt808", "model": "badge"}
    assert value(metrics, "frames_total", **badge) == 4
    for event in ("located", "late", "duplicate"):
        assert value(metrics, "events_total", **badge, event=event) == 2
    assert value(metrics, "refused_total", **badge, reason="checksum") == 2


def test_a_terminal_that_is_not_known_has_no_model(metrics):
    metrics.count("osmand", Work(refused=[UNKNOWN_TERMINAL], frames=1, model="traccar"))

    unknown = {"protocol": "osmand", "model": "", "reason": UNKNOWN_TERMINAL}
    assert value(metrics, "refused_total", **unknown) == 1


def test_what_a_line_is_closed_for_is_counted_beside_what_was_refused_of_it(metrics):
    metrics.refused("gt06", "idle", model="tracker")
    metrics.refused("gt06", "most_lines")

    assert value(metrics, "refused_total", protocol="gt06", model="tracker", reason="idle") == 1
    assert value(metrics, "refused_total", protocol="gt06", model="", reason="most_lines") == 1


def test_a_gauge_tells_what_is_so_when_somebody_asks(metrics):
    lines = [1, 2]
    metrics.watch("lines", "connections", lambda: len(lines))
    assert value(metrics, "lines") == 2

    lines.append(3)
    assert value(metrics, "lines") == 3


def test_no_terminal_is_named(metrics):
    metrics.count("jt808", Work(strangers={"13912345678"}, refused=[UNKNOWN_TERMINAL], frames=1))

    assert b"13912345678" not in metrics.expose().body


def at(epoch_ms: int, lat_e7: int = 305_000_000) -> Position:
    return Position(epoch_ms, lat_e7, 1_042_500_000)


def test_a_fix_is_repeated_when_its_terminal_told_of_that_instant_before():
    repeats = Repeats()
    told = [(T1, at(10)), (T2, at(10)), (T1, at(10)), (T1, at(11)), (T1, at(10, 305_000_900))]

    assert [repeats.look(*one) for one in told] == [None, None, "duplicate", None, "duplicate"]


def test_many_places_at_one_instant_are_a_clock_that_stands():
    repeats = Repeats()

    assert [repeats.look(T1, at(10, 305_000_000 + n)) for n in (0, 2_000, -2_000)] == [
        None,
        "clock_stuck",
        "clock_stuck",
    ]


def test_only_the_last_fixes_are_remembered():
    repeats = Repeats()
    for epoch_ms in range(MOST_REMEMBERED + 1):
        repeats.look(T1, at(epoch_ms))

    assert repeats.look(T1, at(1)) == "duplicate"
    assert repeats.look(T1, at(0)) is None


def test_a_place_is_free_again_when_it_is_given_back():
    places = Places(most=3, most_of_address=2)

    assert [places.take(one) for one in ("a", "a", "a", "b", "b")] == [
        None,
        None,
        "most_lines_of_address",
        None,
        "most_lines",
    ]
    places.give_back("a")
    assert (places.take("a"), places.take("b")) == (None, "most_lines")
