"""The rules marked against simulated days: in one process, with neither broker nor database."""
