"""Orders read: which of them, in which order, and one whole."""
