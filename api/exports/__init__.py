"""Answers to take away: tables, tracks for other programs, the month, the file of a day."""
