"""Whose fault it is: theirs (bad input, go on) or ours (broken promise, stop)."""


class InputError(Exception):
    """What somebody sent us cannot be used.

    The text names what is wrong, where it stands and what to do about it. The receiver
    counts it, keeps the input aside where it can, and goes on with the next one.
    """


class StateError(Exception):
    """The program or its surroundings are not as promised: stop and say so."""
