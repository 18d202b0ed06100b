"""What the gateway counts, for Prometheus: by protocol and model, never by terminal or place."""

from collections import Counter
from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Gauge, Metric, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import CounterMetricFamily
from prometheus_client.registry import Collector

from gateway.serving.line import Work
from runtime.health import Exposition


class GatewayMetrics(Collector):
    """Counters of one process, for the thread of its lines; others may ask for them."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._events: Counter[tuple[str, str, str]] = Counter()
        self._refused: Counter[tuple[str, str]] = Counter()
        self._registry.register(self)

    def collect(self) -> Iterator[Metric]:
        """Yield what was counted, when Prometheus asks: counting itself is to cost nothing."""
        events = CounterMetricFamily(
            "patrol_gateway_events",
            "what terminals said: identified, located, kept, late, alive and so on",
            labels=["protocol", "model", "event"],
        )
        for labels, times in self._events.copy().items():
            events.add_metric(labels, times)
        yield events
        refused = CounterMetricFamily(
            "patrol_gateway_refused", "what was refused, by reason", labels=["protocol", "reason"]
        )
        for reason, times in self._refused.copy().items():
            refused.add_metric(reason, times)
        yield refused

    def watch(self, name: str, text: str, value: Callable[[], float]) -> None:
        """Have a gauge tell what `value()` is whenever somebody asks."""
        gauge = Gauge(f"patrol_gateway_{name}", text, registry=self._registry)
        gauge.set_function(value)

    def count(self, protocol: str, work: Work) -> None:
        """Count what some bytes came to."""
        for event, model in work.counts:
            self._events[protocol, model, event] += 1
        for code in work.refused:
            self._refused[protocol, code] += 1

    def refused(self, protocol: str, reason: str) -> None:
        """Count something that was refused."""
        self._refused[protocol, reason] += 1

    def expose(self) -> Exposition:
        """Return all of it as it is served."""
        return Exposition(CONTENT_TYPE_PLAIN_0_0_4, generate_latest(self._registry))
