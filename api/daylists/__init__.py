"""The list of a worker's day: what is due, in an order that walks well, and supervisors' wishes."""
