"""What goes wrong with terminals: left behind, wrong clocks, slow networks, false positions."""
