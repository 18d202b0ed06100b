"""Signing in through a provider of OpenID Connect: a real one, in a process of its own."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import httpx
import psycopg
import pytest

from api.identity.settings import IdentitySettings
from tests.accounts import Held, add_account
from tests.asking import Asker, asking, execute
from tests.processes import eventually

SUBJECT = "24400320"
EMAIL = "chen.li@example.org"
BROWSER = httpx.Client()


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    claims = {"sub": SUBJECT, "email": EMAIL, "email_verified": True}
    unverified = {"sub": "2", "email": EMAIL, "email_verified": False}
    log = tmp_path_factory.mktemp("provider") / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [
                *(sys.executable, "-W", "ignore", "-m", "oidc_provider_mock"),
                *("--port", str(port), "--require-nonce", "true"),
                *("--require-registration", "true"),
                *("--user-claims", json.dumps(claims), "--user-claims", json.dumps(unverified)),
            ],
            stdout=out,
            stderr=out,
        )
    issuer = f"http://127.0.0.1:{port}"
    try:
        eventually(lambda: is_up(f"{issuer}/jwks"), what=f"the provider, see {log}")
        yield issuer
    finally:
        BROWSER.close()
        process.terminate()
        process.wait(timeout=10)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def is_up(url: str) -> bool:
    try:
        return BROWSER.get(url).is_success
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def settings(issuer: str, tmp_path_factory: pytest.TempPathFactory) -> IdentitySettings:
    """Return what the provider has told a client that has registered."""
    back = "http://127.0.0.1/v1/oidc/callback"
    answer = BROWSER.post(f"{issuer}/oauth2/clients", json={"redirect_uris": [back]})
    secret = tmp_path_factory.mktemp("client") / "secret"
    secret.write_text(answer.json()["client_secret"])
    return IdentitySettings(
        oidc_issuer=issuer,
        oidc_client_id=answer.json()["client_id"],
        oidc_client_secret_file=secret,
        oidc_redirect_url=back,
    )


@pytest.fixture(scope="module")
def asker(shared_database: str, settings: IdentitySettings) -> Iterator[Asker]:
    with asking(shared_database, None, identity=settings) as asker:
        yield asker


@pytest.fixture
def ask(shared_database: str, asker: Asker) -> Asker:
    """Give somebody who asks while there are no accounts but those of the test."""
    execute(shared_database, "delete from account; delete from oidc_request")
    return asker


def begin(ask: Asker) -> str:
    """Begin a sign-in in the browser of `ask`; return where the provider is."""
    answer = ask.send("GET", "/v1/oidc/login", token=None)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def come_back(address: str, subject: str = SUBJECT) -> str:
    """Sign in at the provider; return the path to which it sends the browser back."""
    answer = BROWSER.post(address, data={"sub": subject})
    assert answer.status_code == 302, answer.text
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


def test_whoever_is_linked_signs_in_and_has_the_roles_of_the_account(
    ask: Asker, shared_database: str, issuer: str
) -> None:
    link(shared_database, "chen", f"{issuer} {SUBJECT}")

    answer = ask.send("GET", come_back(begin(ask)), token=None)

    assert answer.status_code == 200, answer.text
    me = ask.send("GET", "/v1/me", token=answer.json()["token"]).json()
    assert (me["account_id"], [one["role"] for one in me["roles"]]) == ("chen", ["auditor"])


def link(dsn: str, account_id: str, subject: str) -> None:
    add_account(dsn, account_id, Held("auditor"))
    with psycopg.connect(dsn) as conn:
        conn.execute("update account set subject = %s where account_id = %s", (subject, account_id))


def test_the_provider_is_asked_with_a_challenge_a_state_and_a_nonce(ask: Asker) -> None:
    first, second = (parse_qs(urlsplit(begin(ask)).query) for _ in range(2))

    assert first["response_type"] == ["code"]
    assert first["code_challenge_method"] == ["S256"]
    assert first["scope"] == ["openid"]
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name][0]) >= 43
        assert first[name] != second[name]


def test_whoever_is_not_linked_gets_no_account_and_no_role(
    ask: Asker, shared_database: str
) -> None:
    add_account(shared_database, EMAIL, Held("administrator"))

    answer = ask.send("GET", come_back(begin(ask)), token=None)

    assert answer.status_code == 401
    assert answer.json()["detail"] == "no account is linked with you: ask an administrator"


def test_a_verified_address_links_its_account_once_where_that_is_set(
    shared_database: str, settings: IdentitySettings
) -> None:
    execute(shared_database, "delete from account; delete from change_log")
    add_account(shared_database, EMAIL, Held("auditor"))
    linking = replace(settings, oidc_links_email=True)
    with asking(shared_database, None, identity=linking) as ask:
        unverified = ask.send("GET", come_back(begin(ask), "2"), token=None)
        verified = ask.send("GET", come_back(begin(ask)), token=None)

    assert (unverified.status_code, verified.status_code) == (401, 200)
    with psycopg.connect(shared_database) as conn:
        subject = conn.execute("select subject from account").fetchone()
        told = conn.execute("select account_id, reason from change_log").fetchall()
    assert subject == (f"{settings.oidc_issuer} {SUBJECT}",)
    assert told == [(EMAIL, "verified e-mail address")]


def test_a_disabled_account_is_not_let_in(ask: Asker, shared_database: str, issuer: str) -> None:
    link(shared_database, "chen", f"{issuer} {SUBJECT}")
    execute(shared_database, "update account set is_active = false")

    assert ask.send("GET", come_back(begin(ask)), token=None).status_code == 401


def test_nobody_is_signed_in_by_the_link_of_somebody_else(
    ask: Asker, shared_database: str, settings: IdentitySettings
) -> None:
    link(shared_database, "mallory", f"{settings.oidc_issuer} {SUBJECT}")
    of_mallory = come_back(begin(ask))

    with asking(shared_database, None, identity=settings) as victim:
        begin(victim)
        lured = victim.send("GET", of_mallory, token=None)
    again = ask.send("GET", of_mallory, token=None)

    assert lured.status_code == 401
    assert "was not begun here" in lured.json()["detail"]
    assert again.status_code == 401


def test_a_sign_in_comes_back_once_and_in_time(
    ask: Asker, shared_database: str, issuer: str
) -> None:
    link(shared_database, "chen", f"{issuer} {SUBJECT}")
    once = come_back(begin(ask))
    assert ask.send("GET", once, token=None).status_code == 200
    assert ask.send("GET", once, token=None).status_code == 401
    late = come_back(begin(ask))
    execute(shared_database, "update oidc_request set expires_at = now()")

    assert ask.send("GET", late, token=None).status_code == 401


@pytest.mark.parametrize("change", ["state=forged", "code=forged", "iss=https://other.example"])
def test_what_was_changed_on_the_way_is_refused(
    ask: Asker, shared_database: str, issuer: str, change: str
) -> None:
    link(shared_database, "chen", f"{issuer} {SUBJECT}")
    path, query = come_back(begin(ask)).split("?")
    name = change.split("=", maxsplit=1)[0]
    kept = [one for one in query.split("&") if not one.startswith(f"{name}=")]

    answer = ask.send("GET", f"{path}?{'&'.join([*kept, change])}", token=None)

    assert answer.status_code == 401


def test_without_the_provider_it_is_said_so(
    shared_database: str, settings: IdentitySettings
) -> None:
    nowhere = replace(settings, oidc_issuer=f"http://127.0.0.1:{free_port()}")
    with asking(shared_database, None, identity=nowhere) as ask:
        away = ask.send("GET", "/v1/oidc/login", token=None)
    with asking(shared_database, None) as ask:
        none = ask.send("GET", "/v1/oidc/login", token=None)

    assert (away.status_code, none.status_code) == (503, 404)
