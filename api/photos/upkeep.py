"""Photos are tidied beside the answers: when the process begins, and every hour."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import psycopg
import structlog

from api.photos.objects import ObjectsError
from api.photos.tidying import Tidier

log = structlog.get_logger()

_EVERY_S: Final = 3_600.0
# The first requests after a start come first.
_FIRST_S: Final = 5.0
# What is away now may soon be back.
_AWAY_S: Final = 60.0


@asynccontextmanager
async def tidying(tidier: Tidier | None) -> AsyncIterator[None]:
    """Tidy until the block ends; a run that is cut off is taken up by the next one."""
    if tidier is None:
        yield
        return
    task = asyncio.create_task(_go_on(tidier))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _go_on(tidier: Tidier) -> None:
    wait_s = _FIRST_S
    while True:
        await asyncio.sleep(wait_s)
        wait_s = _EVERY_S
        try:
            await tidier.tidy()
        except (psycopg.OperationalError, ObjectsError) as error:
            wait_s = _AWAY_S
            log.warning("api.photos_not_tidied", reason=type(error).__name__, again_s=_AWAY_S)
        except Exception:
            log.exception("api.photos_not_tidied", again_s=_EVERY_S)
