"""The stream of orders: what somebody hears, and how it goes on after a pause."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace

import pytest

from api.notices.telling import Telling
from api.orders.stream import stream, watch_orders
from api.reading.accesses import Accesses
from api.settings import ApiSettings
from api.views import Asking, Views
from tests.asking import asking
from tests.orders import Hands, opened, people


@pytest.fixture(scope="module")
def hands(shared_database: str) -> Iterator[Hands]:
    tokens = people(shared_database)
    with asking(shared_database, None) as ask:
        yield Hands(shared_database, ask, tokens)


async def heard(hands: Hands, who: str, role: str, *, after: int, wanted: int) -> list[dict]:
    """Return the first events behind `after` that somebody hears."""
    views = Views(hands.dsn, ApiSettings())
    await views.open()
    state = SimpleNamespace(views=views)
    request = SimpleNamespace(app=SimpleNamespace(state=state))
    telling = Telling(request, Accesses(views), hands.tokens[who], has_places=False)
    lines = stream(watch_orders(views), Asking(who, who, (role,)), telling=telling, after=after)
    try:
        async with asyncio.timeout(20):
            return await first_of(lines, wanted)
    finally:
        await views.close()


async def first_of(lines: AsyncIterator[bytes], wanted: int) -> list[dict]:
    found: list[dict] = []
    async for block in lines:
        data = [one for one in block.decode().splitlines() if one.startswith("data: ")]
        found += [json.loads(one.removeprefix("data: ")) for one in data]
        if len(found) >= wanted:
            return found
    return found


def test_somebody_hears_of_own_orders_alone_and_goes_on_behind_the_last(hands: Hands) -> None:
    east, west = opened(hands.dsn, "G1"), opened(hands.dsn, "G2")
    hands.act("li", east, "climb", reason_code="beyond_means")
    hands.act("wang", west, "climb", reason_code="beyond_means")
    told = asyncio.run(heard(hands, "street", "area_supervisor", after=0, wanted=2))
    again = asyncio.run(
        heard(hands, "street", "area_supervisor", after=told[0]["event_id"], wanted=1)
    )

    assert [(one["order_id"], one["act"]) for one in told] == [(east, "open"), (east, "climb")]
    assert again == told[1:]
