"""Work orders: how what a photo report tells is handled, from the report to the verified end."""
