"""Photos that wait on a disk, and how they come to the server."""
