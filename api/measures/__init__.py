"""What is counted of work orders, with what each count is a part of."""
