"""Faults under load: what terminals were told to forget, held against what is stored."""
