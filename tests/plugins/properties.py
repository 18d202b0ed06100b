"""How tests are run: properties without a limit of time, and little work for the collector."""

import gc

from hypothesis import settings

# A busy machine breaks no promise.
settings.register_profile("patrol", deadline=None)
settings.load_profile("patrol")


def pytest_collection_finish() -> None:
    """Leave out what stays until the end: all modules and tests, a gigabyte to look through."""
    gc.collect()
    gc.freeze()
