"""What is kept of facts, in which form and for how long."""
