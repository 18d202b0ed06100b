"""What readers are given beside single days: summaries, losses, terminals, and who has looked."""
