"""Chains of states in continuous time, and the loops that solve them."""
