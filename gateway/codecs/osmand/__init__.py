"""OsmAnd's query and Traccar Client's JSON over HTTP."""

from gateway.codecs.osmand.codec import OsmandCodec

__all__ = ["OsmandCodec"]
