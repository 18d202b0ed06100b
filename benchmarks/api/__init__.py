"""How fast the API answers, and how many it keeps up with at once."""
