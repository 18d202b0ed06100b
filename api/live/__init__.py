"""Who on duty is where now, as a stream: one look at the database a second, for all who listen."""
