"""How properties are tried: without a limit of time, for a busy machine breaks no promise."""

from hypothesis import settings

settings.register_profile("patrol", deadline=None)
settings.load_profile("patrol")
