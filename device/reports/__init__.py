"""Photo reports: taken on the terminal, told at once, their photos brought to the server later."""
