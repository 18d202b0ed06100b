"""What terminals and server say over MQTT, as a document for programs (AsyncAPI 3)."""
