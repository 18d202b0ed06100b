"""Work orders held against their events, and opened of reports that have none."""
