"""Orders changed: opened, acted on, split, merged; the pure machine decides what is legal."""
