"""Work orders in the database: what is asked and written of them, by whichever process."""
