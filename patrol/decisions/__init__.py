"""What people decide about findings, days and months: by which steps, and for which reasons."""
