"""The registers of a district: from files into the database."""
