"""The words and the rules of the trade: pure values, no input and no output."""
