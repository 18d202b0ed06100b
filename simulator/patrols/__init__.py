"""The true day of a worker: rounds, home visits, talks in the street, ways out of the grid."""

from simulator.patrols.day import Day, make_day
from simulator.patrols.habits import Habits

__all__ = ["Day", "Habits", "make_day"]
