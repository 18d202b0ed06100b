"""The registers of a district: reading their rows, and what must hold between them."""
