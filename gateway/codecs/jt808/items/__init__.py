"""The items behind a location: the specification's, and those of makers seen in captures."""

from gateway.codecs.jt808.items.findings import Findings
from gateway.codecs.jt808.items.reading import are_items, read_items

__all__ = ["Findings", "are_items", "read_items"]
