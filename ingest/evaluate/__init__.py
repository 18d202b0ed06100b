"""Recorded days judged out of files: no broker, no database."""
