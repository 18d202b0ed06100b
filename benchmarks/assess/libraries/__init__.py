"""What runs under the interpreter of a library, which has nothing of this project installed."""
