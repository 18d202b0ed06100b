"""Measurements beside what a user would otherwise pick; not a part of the product."""
