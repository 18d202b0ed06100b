"""A city that knows its truth: workers, their true days, and receivers that err."""
