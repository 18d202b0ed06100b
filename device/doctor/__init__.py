"""`patrol device doctor`: one screen that tells what is wrong with a terminal."""
