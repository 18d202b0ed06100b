"""The agent on a terminal: bytes on the wire, memory, processor time, and what a kill costs."""
