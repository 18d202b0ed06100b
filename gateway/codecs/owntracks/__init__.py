"""OwnTracks' JSON over HTTP and MQTT."""

from gateway.codecs.owntracks.codec import OwntracksCodec

__all__ = ["OwntracksCodec"]
