"""Photo reports over HTTP: told by workers and supervisors, and read with what has come of them."""
