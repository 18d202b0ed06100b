"""Which terminals are there, and how the server hears of it."""
