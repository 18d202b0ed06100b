"""What the API takes for the word of a provider: tokens made here, of every wrong kind."""

import asyncio
import base64
import hmac
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from api.identity.provider import Begun, Provider, Vouched
from api.identity.settings import IdentitySettings
from api.problems import ProblemError

ISSUER = "https://id.example.org"
BEGUN = Begun(nonce="n" * 43, verifier="v" * 43)
KEY = RSAKey.generate_key(2048, {"kid": "one"})
NEXT_KEY = RSAKey.generate_key(2048, {"kid": "two"})
IMPOSTOR = RSAKey.generate_key(2048, {"kid": "one"})
SETTINGS = IdentitySettings(
    oidc_issuer=ISSUER,
    oidc_client_id="gridpatrol",
    oidc_redirect_url="https://patrol.example.org/v1/oidc/callback",
)


class World:
    """A provider on the other end of the line, whose answers a test chooses."""

    def __init__(self, token: str, **changed: Any) -> None:
        self.metadata = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
        } | changed
        self.token = token
        self.keys = [KEY]
        self.asked: list[str] = []
        self.forms: list[str] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        self.asked.append(path)
        if path == "/token":
            self.forms.append(request.content.decode())
            return httpx.Response(200, json={"id_token": self.token})
        if path == "/keys":
            return httpx.Response(200, json=KeySet(self.keys).as_dict(private=False))
        return httpx.Response(200, json=self.metadata)

    def provider(self) -> Provider:
        provider = Provider(SETTINGS)
        # The other end of the line, not the provider's part in this program.
        provider._client = httpx.AsyncClient(transport=httpx.MockTransport(self.answer))
        return provider


def claims(**changed: Any) -> dict[str, Any]:
    now = int(time.time())
    whole = {
        "iss": ISSUER,
        "sub": "24400320",
        "aud": "gridpatrol",
        "nonce": BEGUN.nonce,
        "iat": now,
        "exp": now + 300,
    } | changed
    return {name: one for name, one in whole.items() if one is not None}


def signed(key: RSAKey = KEY, *, alg: str = "RS256", **changed: Any) -> str:
    return jwt.encode({"alg": alg, "kid": key.kid}, claims(**changed), key, algorithms=[alg])


def unsigned() -> str:
    head = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    return f"{head}.{signed().split('.')[1]}."


def shared_secret() -> str:
    # The public key, which everybody has, taken for a shared secret.
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"one"}').decode().rstrip("=")
    signing = f"{head}.{signed().split('.')[1]}"
    secret = KEY.as_pem(private=False)
    signature = hmac.digest(secret, signing.encode(), "sha256")
    return f"{signing}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def vouched(world: World) -> Vouched:
    return asyncio.run(world.provider().vouched("code", BEGUN))


def test_a_token_that_holds_names_whom_the_provider_vouches_for() -> None:
    world = World(signed(email="chen@example.org", email_verified=True))

    assert vouched(world) == Vouched(f"{ISSUER} 24400320", "chen@example.org")
    assert "code_verifier=" + BEGUN.verifier in world.forms[0]


@pytest.mark.parametrize("verified", [False, "true", None])
def test_an_address_that_is_not_verified_is_none(verified: object) -> None:
    world = World(signed(email="chen@example.org", email_verified=verified))

    assert vouched(world).email is None


FORGED: dict[str, Callable[[], str]] = {
    "of another issuer": lambda: signed(iss="https://other.example.org"),
    "for somebody else": lambda: signed(aud="another client"),
    "for others too, by another": lambda: signed(aud=["gridpatrol", "x"], azp="x"),
    "for others too, by nobody": lambda: signed(aud=["gridpatrol", "x"]),
    "that has ended": lambda: signed(exp=int(time.time()) - 3600),
    "without an end": lambda: signed(exp=None),
    "of another sign-in": lambda: signed(nonce="m" * 43),
    "of no sign-in": lambda: signed(nonce=None),
    "without a subject": lambda: signed(sub=None),
    "of tomorrow": lambda: signed(nbf=int(time.time()) + 86_400),
    "by another key of that name": lambda: signed(IMPOSTOR),
    "by a key that nobody publishes": lambda: signed(NEXT_KEY),
    "by a shared secret": shared_secret,
    "by nobody": unsigned,
    "cut short": lambda: signed()[:-20],
    "that is none": lambda: "no.token.at-all",
    "that is empty": str,
}


@pytest.mark.parametrize("forged", FORGED)
def test_a_token_that_does_not_hold_is_refused(forged: str) -> None:
    with pytest.raises(ProblemError) as caught:
        vouched(World(FORGED[forged]()))

    assert caught.value.kind.slug == "sign-in-refused"


def test_keys_are_read_again_when_one_is_new_but_not_all_the_time() -> None:
    world = World(signed())
    provider = world.provider()

    async def rotate() -> None:
        await provider.vouched("code", BEGUN)
        await provider.vouched("code", BEGUN)
        assert world.asked.count("/keys") == 1
        world.keys, world.token = [NEXT_KEY], signed(NEXT_KEY)
        with pytest.raises(ProblemError):
            await provider.vouched("code", BEGUN)
        assert world.asked.count("/keys") == 1
        provider._keys_at -= 60
        await provider.vouched("code", BEGUN)
        assert world.asked.count("/keys") == 2

    asyncio.run(rotate())


@pytest.mark.parametrize(
    "changed",
    [
        {"issuer": "https://other.example.org"},
        {"token_endpoint": "http://id.example.org/token"},
        {"jwks_uri": None},
    ],
)
def test_a_provider_that_is_not_the_one_of_the_settings_is_not_used(changed: dict) -> None:
    with pytest.raises(ProblemError) as caught:
        vouched(World(signed(), **changed))

    assert caught.value.kind.slug == "unavailable"
