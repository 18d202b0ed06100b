"""The registers of a district in the database."""
