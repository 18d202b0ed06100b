"""Codecs: bytes in, events and replies out; no socket, no clock, no file."""
