"""What people have a right to know and to ask for: purposes, retention, copies, erasure."""
