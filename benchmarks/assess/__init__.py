"""`make bench-assess`: this engine and the usual libraries on the same tracks."""
