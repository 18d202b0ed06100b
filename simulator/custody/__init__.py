"""Terminals of every protocol at one gateway, and whether all that it answered is stored."""
