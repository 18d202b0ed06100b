"""What was told of a thing that stands in a grid, and what became of it."""
