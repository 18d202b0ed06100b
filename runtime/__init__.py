"""The thin shell that every process shares."""
