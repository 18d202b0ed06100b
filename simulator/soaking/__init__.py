"""A month of duty in minutes: the real agent, and whether every fix is accounted for."""
