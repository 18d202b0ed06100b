"""Positions as columns, from payloads into the database."""
