"""The gateway: terminals that cannot run the agent speak their own protocols to it."""
