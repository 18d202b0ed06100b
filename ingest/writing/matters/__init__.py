"""What is told beside positions: read, sorted and stored."""
