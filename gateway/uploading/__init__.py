"""Photos of terminals, on their way from the gateway's disk to the server."""
