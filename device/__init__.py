"""The agent on the handheld terminal: reads the receiver, keeps fixes, sends them."""
