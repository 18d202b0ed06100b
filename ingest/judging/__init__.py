"""Worker-days judged: what is due, the facts of a day, its result."""
