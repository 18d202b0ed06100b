"""What goes on in the loop of the lines beside them."""

import asyncio
from typing import Protocol

from gateway.serving.house import House
from gateway.standing.telling import Teller
from gateway.subscribing.phones import Phones
from runtime.health import Vitals
from runtime.mqtt import BrokerSettings


class Beside(Protocol):
    """Something that goes on until the gateway stops."""

    async def run(self, stop: asyncio.Event) -> None:
        """Go on until `stop`; an error ends the gateway."""
        ...


def things_beside(
    house: House, vitals: Vitals, *, broker: BrokerSettings, phones: BrokerSettings
) -> list[Beside]:
    """Return who tells of terminals, and who hears phones at their broker if the settings name it.

    Raises InputError when a broker's settings cannot be used.
    """
    found: list[Beside] = [Teller(house.settings, broker, house.standings)]
    base = house.settings.owntracks_base
    if base is not None:
        heard = Phones(house, phones, base=base)
        vitals.ask("owntracks_broker", lambda: heard.is_connected)
        found.append(heard)
    return found
