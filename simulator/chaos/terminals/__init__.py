"""Terminals of a chaos run: what they measure, keep, send, and are told to forget."""
