"""Statements of worker-days: made when a day is settled, chained, and verified years later."""
