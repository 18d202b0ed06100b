"""What workers do on the terminal: reports, check-ins, calls for help."""
