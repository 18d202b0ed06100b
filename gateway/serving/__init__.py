"""The lines of terminals: sockets, and what comes of their bytes."""
