"""Where fixes come from: receivers on serial ports and networks, gpsd, recordings."""
