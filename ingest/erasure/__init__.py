"""Somebody who has left is erased: what goes, what stays for a time, and why."""
