"""What an operator sees of the ingest, and does: status, metrics, the quarantine."""
