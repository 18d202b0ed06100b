"""From the broker to the database, and from stored facts to results."""
