"""Metrics in the form that Prometheus reads; nothing in them tells of a worker or a place."""

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from runtime.health import Exposition


def new_registry() -> CollectorRegistry:
    """Return a registry that knows memory, CPU time and open files of this process."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    return registry


def expose(registry: CollectorRegistry) -> Exposition:
    """Return what `registry` knows just now."""
    return Exposition(CONTENT_TYPE_PLAIN_0_0_4, generate_latest(registry))
