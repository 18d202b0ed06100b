"""The worker's own window into the agent: a small page, and the same answers on a Unix socket."""
