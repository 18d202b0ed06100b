"""What terminals are told: when they may track, and how their worker's day was judged."""
