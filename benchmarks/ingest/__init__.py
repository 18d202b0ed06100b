"""How fast the ingest carries fixes from the broker into the database."""
