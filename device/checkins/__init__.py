"""What workers do at premises: check-ins by tag, photo or statement; and the call for help."""
