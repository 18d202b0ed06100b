"""Bodies that hold a place, and the clock and alarms that they share."""
