"""What the routes of identity share: settings, hashing, rates, the provider of others."""

from typing import Annotated, Final

from fastapi import Depends, Request

from api.identity.passwords import Hashing
from api.identity.provider import Provider
from api.identity.rates import Rates, address_of
from api.identity.settings import IdentitySettings
from api.views import Asking

# Before anybody is known: nothing of anybody is seen with it.
SIGNING_IN: Final = Asking("sign-in")


class Gate:
    """Where people show who they are."""

    def __init__(self, settings: IdentitySettings) -> None:
        self.settings = settings
        self.hashing = Hashing()
        self.rates = Rates(settings)
        self.provider = Provider(settings) if settings.oidc_issuer else None

    async def close(self) -> None:
        """Let threads and connections go."""
        self.hashing.close()
        if self.provider is not None:
            await self.provider.close()


async def _gate_of(request: Request) -> Gate:
    gate: Gate = request.app.state.gate
    return gate


async def _stranger(request: Request) -> str:
    gate: Gate = request.app.state.gate
    address = address_of(request)
    gate.rates.take(f"address {address}")
    return address


AskedGate = Annotated[Gate, Depends(_gate_of)]
# The address of somebody who is not known yet, if not too many requests come from there.
Stranger = Annotated[str, Depends(_stranger)]
