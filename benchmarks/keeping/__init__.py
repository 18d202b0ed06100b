"""What a kept position costs, and what it costs to keep, find and drop it."""
