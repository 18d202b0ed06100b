"""Reading a workflow out of TOML: tables, what they describe, and whether it is whole."""
