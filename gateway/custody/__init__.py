"""Custody: what a terminal was answered for is on this disk, until the server has stored it."""
