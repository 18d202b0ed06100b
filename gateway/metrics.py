"""What the gateway counts, for Prometheus: by protocol and model, never by terminal or place."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from prometheus_client import CollectorRegistry, Gauge, Metric, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import CounterMetricFamily
from prometheus_client.registry import Collector

from gateway.serving.work import UNKNOWN_TERMINAL, Work
from runtime.health import Exposition

# Protocol, model, and what else there is.
Labels = TypeVar("Labels", bound=tuple[str, ...])


class GatewayMetrics(Collector):
    """Counters of one process, for the thread of its lines; others may ask for them."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._frames: Counter[tuple[str, str]] = Counter()
        self._events: Counter[tuple[str, str, str]] = Counter()
        self._refused: Counter[tuple[str, str, str]] = Counter()
        self._registry.register(self)

    def collect(self) -> Iterator[Metric]:
        """Yield what was counted, when Prometheus asks: counting itself is to cost nothing."""
        yield _family("frames", "frames, lines or requests that were taken", self._frames)
        yield _family(
            "events",
            "what terminals said: identified, located, kept, late, duplicate, alive and so on",
            self._events,
            "event",
        )
        yield _family("refused", "what was refused, by reason", self._refused, "reason")

    def watch(self, name: str, text: str, value: Callable[[], float]) -> None:
        """Have a gauge tell what `value()` is whenever somebody asks."""
        gauge = Gauge(f"patrol_gateway_{name}", text, registry=self._registry)
        gauge.set_function(value)

    def count(self, protocol: str, work: Work) -> None:
        """Count what some bytes came to."""
        if work.frames:
            self._frames[protocol, work.model] += work.frames
        for event, model in work.counts:
            self._events[protocol, model, event] += 1
        for code in work.refused:
            # Others may have spoken on the line of somebody who is not known.
            model = "" if code == UNKNOWN_TERMINAL else work.model
            self._refused[protocol, model, code] += 1

    def refused(self, protocol: str, reason: str, *, model: str = "") -> None:
        """Count something that was refused."""
        self._refused[protocol, model, reason] += 1

    def expose(self) -> Exposition:
        """Return all of it as it is served."""
        return Exposition(CONTENT_TYPE_PLAIN_0_0_4, generate_latest(self._registry))


def _family(
    name: str, text: str, counted: Mapping[Labels, int], *labels: str
) -> CounterMetricFamily:
    family = CounterMetricFamily(
        f"patrol_gateway_{name}", text, labels=["protocol", "model", *labels]
    )
    # The loop goes on counting while another thread asks.
    for values, times in dict(counted).items():
        family.add_metric(values, times)
    return family
