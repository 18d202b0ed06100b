"""How often one may ask, and from which address a request comes."""

import hashlib
import math
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network
from time import monotonic
from typing import Final

from fastapi import Request

from api.identity.settings import IdentitySettings
from api.problems import TOO_MANY_REQUESTS, ProblemError

# Callers remembered at most; who has not asked for longest is forgotten first.
_REMEMBERED: Final = 10_000
# Whoever has one address of such a network has all of them.
_IPV6_PREFIX: Final = 64


class Rates:
    """A bucket of tokens for each caller, in this process; each request takes one."""

    def __init__(self, settings: IdentitySettings, clock: Callable[[], float] = monotonic) -> None:
        self._per_s = settings.rate_per_s
        self._burst = settings.rate_burst
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> None:
        """Let a request of `key` pass; ProblemError (429) with when to come back."""
        if not self._per_s:
            return
        now = self._clock()
        tokens, at = self._buckets.pop(key, (float(self._burst), now))
        tokens = min(self._burst, tokens + (now - at) * self._per_s)
        self._buckets[key] = (max(tokens - 1, 0.0) if tokens >= 1 else tokens, now)
        if len(self._buckets) > _REMEMBERED:
            self._buckets.popitem(last=False)
        if tokens < 1:
            raise too_many((1 - tokens) / self._per_s)


def too_many(wait_s: float) -> ProblemError:
    """Return the answer to whoever asks too often: come back in `wait_s` seconds."""
    seconds = max(1, math.ceil(wait_s))
    return ProblemError(
        TOO_MANY_REQUESTS,
        f"try again in {seconds} s",
        headers={"Retry-After": str(seconds)},
    )


def address_of(request: Request) -> str:
    """Return from where a request comes: an address, of IPv6 its network.

    Behind the proxy of the settings that is the last address it has added; what callers wrote
    before it themselves is not believed.
    """
    settings: IdentitySettings = request.app.state.gate.settings
    peer = request.client.host if request.client else ""
    if settings.proxy_address and _is_same(peer, settings.proxy_address):
        told = request.headers.getlist("X-Forwarded-For")
        peer = told[-1].rsplit(",", 1)[-1].strip() if told else peer
    return _network(peer)


def hidden(*parts: str) -> str:
    """Return a hash of `parts`, to know them again by, not to read."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _network(address: str) -> str:
    try:
        found = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ip_network((found, _IPV6_PREFIX), strict=False))
    return str(found)


def _is_same(peer: str, proxy: str) -> bool:
    return _network(peer) == _network(proxy)
