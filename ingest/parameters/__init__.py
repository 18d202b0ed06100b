"""What was learned of receivers: versions, which one is in force, and rules made of them."""
