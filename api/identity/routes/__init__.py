"""Routes of sessions, accounts and keys."""
