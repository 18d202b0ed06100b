"""Passwords, rates and addresses, without a database."""

import asyncio
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from argon2 import extract_parameters
from argon2.profiles import RFC_9106_LOW_MEMORY
from fastapi import FastAPI, Request
from hypothesis import given
from hypothesis import strategies as st

from api.access import MOST_BYTES, Bodies
from api.auth import TokenFile
from api.identity import passwords
from api.identity.passwords import Hashing, check_password, hash_password
from api.identity.permissions import MAY, Permission, Role
from api.identity.rates import Rates, address_of
from api.identity.settings import IdentitySettings, is_safe_url
from api.problems import ProblemError
from patrol.errors import InputError

GOOD = "a horse on the seventh stair"


@pytest.mark.parametrize(
    "password",
    [
        "elevenchars",
        "x" * 257,
        "aaaaaaaaaaaaaaaaaaaa",
        "121212121212",
        "password1234",
        "PassWord1234",
        "ChenLiOfEast12",
        "21tsaEfOiLnehC",
    ],
)
def test_a_password_that_is_guessed_first_is_not_taken(password: str) -> None:
    with pytest.raises(InputError, match=r"password is"):
        check_password(password, "chenliofeast12")


@pytest.mark.parametrize(
    "password", [GOOD, "正月十五的灯笼挂在桥头上呢", "correct horse", "x1!" * 20 + "yz"]
)
def test_a_long_password_of_any_characters_is_taken(password: str) -> None:
    check_password(password, "chen.li")


def test_passwords_are_kept_as_argon2id_of_the_profile_for_little_memory() -> None:
    assert extract_parameters(hash_password(GOOD)) == RFC_9106_LOW_MEMORY


def test_an_account_that_is_not_there_takes_as_long() -> None:
    hashing = Hashing()

    assert extract_parameters(passwords.NOBODYS) == RFC_9106_LOW_MEMORY
    assert asyncio.run(hashing.is_right(None, GOOD)) is False


def test_the_same_password_is_the_same_however_it_is_typed() -> None:
    # Composed and decomposed letters, and a full-width digit.
    stored = hash_password("caf\u00e9 in the garden 7")

    assert asyncio.run(Hashing().is_right(stored, "cafe\u0301 in the garden \uff17"))
    assert not asyncio.run(Hashing().is_right(stored, "cafe in the garden 7"))


def test_a_flood_of_sign_ins_is_turned_away_before_it_takes_memory() -> None:
    hashing = Hashing()
    hashing._asked = 1000

    with pytest.raises(ProblemError) as caught:
        asyncio.run(hashing.is_right(None, GOOD))

    assert caught.value.kind.slug == "too-many-requests"
    assert caught.value.headers["Retry-After"] == "1"


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@given(st.lists(st.floats(0, 5), max_size=60))
def test_nobody_gets_more_than_the_burst_and_the_rate(pauses: list[float]) -> None:
    clock = Clock()
    rates = Rates(IdentitySettings(rate_per_s=2, rate_burst=5), clock)
    passed = 0
    for pause_s in pauses:
        clock.now += pause_s
        try:
            rates.take("somebody")
        except ProblemError:
            continue
        passed += 1

    assert passed <= 5 + 2 * clock.now + 1e-6
    assert passed >= min(len(pauses), 5)


def test_a_caller_is_told_when_the_next_request_passes() -> None:
    clock = Clock()
    rates = Rates(IdentitySettings(rate_per_s=0.25, rate_burst=1), clock)
    rates.take("somebody")
    with pytest.raises(ProblemError) as caught:
        rates.take("somebody")
    clock.now += int(caught.value.headers["Retry-After"])

    rates.take("somebody")
    rates.take("somebody else")


def test_without_a_rate_there_is_no_limit() -> None:
    rates = Rates(IdentitySettings(rate_per_s=0, rate_burst=1))

    for _ in range(100):
        rates.take("somebody")


def asked(peer: str, *forwarded: str, proxy: str = "") -> str:
    gate = SimpleNamespace(settings=IdentitySettings(proxy_address=proxy))
    scope: dict[str, Any] = {
        "type": "http",
        "client": (peer, 1),
        "headers": [(b"x-forwarded-for", one.encode()) for one in forwarded],
        "app": SimpleNamespace(state=SimpleNamespace(gate=gate)),
    }
    return address_of(Request(scope))


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxy", "address"),
    [
        ("198.51.100.7", (), "", "198.51.100.7"),
        ("198.51.100.7", ("203.0.113.9",), "", "198.51.100.7"),
        ("198.51.100.7", ("203.0.113.9",), "127.0.0.1", "198.51.100.7"),
        ("127.0.0.1", ("203.0.113.9",), "127.0.0.1", "203.0.113.9"),
        ("127.0.0.1", ("1.2.3.4, 203.0.113.9",), "127.0.0.1", "203.0.113.9"),
        ("127.0.0.1", ("1.2.3.4", "203.0.113.9"), "127.0.0.1", "203.0.113.9"),
        ("127.0.0.1", (), "127.0.0.1", "127.0.0.1"),
        ("127.0.0.1", ("nonsense",), "127.0.0.1", "unknown"),
        ("::ffff:198.51.100.7", (), "", "198.51.100.7"),
        ("2001:db8::1:2:3:4", (), "", "2001:db8::/64"),
    ],
)
def test_an_address_is_the_one_that_the_proxy_has_seen(
    peer: str, forwarded: tuple[str, ...], proxy: str, address: str
) -> None:
    assert asked(peer, *forwarded, proxy=proxy) == address


@pytest.mark.parametrize(
    ("url", "is_safe"),
    [
        ("https://id.example.org", True),
        ("http://127.0.0.1:9400", True),
        ("http://id.example.org", False),
        ("http://localhost.example.org", False),
        ("ftp://localhost", False),
        ("", False),
        ("https://[bad", False),
    ],
)
def test_secrets_leave_this_machine_over_tls_alone(*, url: str, is_safe: bool) -> None:
    assert is_safe_url(url) == is_safe


@pytest.mark.parametrize(
    "wrong",
    [
        {"session_s": 0},
        {"rate_burst": 0},
        {"proxy_address": "proxy"},
        {"oidc_issuer": "https://id.example.org"},
        {
            "oidc_issuer": "http://id.example.org",
            "oidc_client_id": "a",
            "oidc_redirect_url": "https://b",
        },
    ],
)
def test_settings_that_cannot_be_are_named(wrong: dict) -> None:
    with pytest.raises(InputError, match=r"\[api\] "):
        IdentitySettings(**wrong)


def test_who_keeps_the_house_does_not_look_at_people() -> None:
    looking = {Permission.READ_TRACKS, Permission.READ_RESULTS, Permission.DECIDE}

    assert not MAY[Role.ADMINISTRATOR] & looking
    assert not MAY[Role.AUDITOR] & (looking | {Permission.READ_REGISTRY})
    assert Permission.MANAGE_ACCOUNTS not in MAY[Role.AREA_SUPERVISOR]


def test_without_a_file_no_token_is_known() -> None:
    assert TokenFile(None).name_of("patrol_" + "x" * 43) is None


def ask_with(body: object, headers: dict[str, str] | None = None) -> tuple[httpx.Response, int]:
    """Send a body to a route that reads it whole; return the answer and what the route read."""
    app = FastAPI()
    read: list[int] = []

    @app.post("/small")
    @app.post("/large")
    async def take(request: Request) -> str:
        read.append(len(await request.body()))
        return "taken"

    app.add_middleware(Bodies, more={"/large": None})

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://patrol.test") as client:
            path = (headers or {}).pop("path", "/small")
            return await client.post(path, content=body, headers=headers)  # type: ignore[arg-type] # bytes or a stream

    return asyncio.run(send()), sum(read)


async def pieces(count: int) -> Any:
    for _ in range(count):
        yield b"x" * (1 << 16)


def test_a_body_that_is_too_long_is_refused_unread() -> None:
    answer, read = ask_with(b"x" * (MOST_BYTES + 1))

    assert (answer.status_code, read) == (413, 0)
    assert answer.json()["type"].endswith(":body-too-large")
    assert answer.headers["Connection"] == "close"


def test_a_body_that_does_not_say_how_long_it_is_is_counted() -> None:
    answer, read = ask_with(pieces(40))

    assert answer.status_code == 413
    assert read <= MOST_BYTES


def test_a_body_within_the_limit_and_one_of_a_larger_route_pass() -> None:
    assert ask_with(b"x" * MOST_BYTES)[1] == MOST_BYTES
    assert ask_with(pieces(40), {"path": "/large"})[1] == 40 << 16
