"""Days that are over: what they tell of receivers, and judging them again."""
