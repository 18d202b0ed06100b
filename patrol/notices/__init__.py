"""What terminals and the server tell one another beside positions, each message in its module."""
