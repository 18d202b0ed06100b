"""NMEA 0183 over TCP and UDP, and the many ways in which its senders say who they are."""

from gateway.codecs.nmea.codec import NmeaCodec
from gateway.codecs.nmea.queries import read_query

__all__ = ["NmeaCodec", "read_query"]
