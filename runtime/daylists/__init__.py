"""What is to be done on worker-days, out of the database: for terminals and for the API."""
