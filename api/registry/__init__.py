"""Keeping the registers: areas, grids and what is in them, people, terminals and duty."""
