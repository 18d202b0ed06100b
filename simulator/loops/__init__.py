"""A month of photo reports and of what becomes of them, whose truth is known."""
