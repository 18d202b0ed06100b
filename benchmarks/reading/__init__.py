"""How fast stored fixes come back as columns, and how soon a live fix is judged."""
