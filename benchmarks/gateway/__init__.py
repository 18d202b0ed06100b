"""How many terminals the gateway bears, and how fast it answers them."""
