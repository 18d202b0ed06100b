"""JT/T 808 of 2011, 2013 and 2019: one connection's codec, and the messages to a terminal."""

from gateway.codecs.jt808.outgoing import Addressee
from gateway.codecs.jt808.session import Jt808Codec

__all__ = ["Addressee", "Jt808Codec"]
