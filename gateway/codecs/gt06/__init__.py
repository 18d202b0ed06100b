"""GT06 and its many dialects: frames, what they say, and the answers that they wait for."""

from gateway.codecs.gt06.answers import command
from gateway.codecs.gt06.codec import Gt06Codec

__all__ = ["Gt06Codec", "command"]
