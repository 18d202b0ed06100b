"""Reading what is known of worker-days: many of them by a few statements."""
