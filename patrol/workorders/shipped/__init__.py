"""The workflow that ships: as text, for deployments to begin with."""
