"""Photos of reports: brought in pieces by terminals, kept by their SHA-256."""
