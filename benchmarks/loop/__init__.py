"""The closed loop under load: reports with photos, inboxes, acts, measures."""
