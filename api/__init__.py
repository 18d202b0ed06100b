"""What supervisors and their programs ask over HTTP: reading only, from the v1 views."""
