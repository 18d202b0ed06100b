"""Signing in, going on and signing out; keys; what a forged token opens."""

import hashlib
from collections.abc import Iterator

import psycopg
import pytest
from argon2 import PasswordHasher

from api.identity.rates import hidden
from api.identity.settings import IdentitySettings
from tests.accounts import (  # noqa: F401 - fixtures are used by name
    AREAS,
    PASSWORD,
    PASSWORD_HASH,
    Held,
    add_account,
    quick_hashing,
)
from tests.asking import TOKEN, Asker, asking, execute, fill, write_tokens

OTHER_PASSWORD = "nine lanterns over the canal"  # noqa: S105 - it opens nothing

pytestmark = pytest.mark.usefixtures("quick_hashing")


@pytest.fixture(scope="module")
def dsn(shared_database: str) -> str:
    fill(shared_database)
    execute(shared_database, AREAS)
    add_account(shared_database, "li", Held("grid_supervisor", None, "G1"))
    return shared_database


@pytest.fixture(scope="module")
def asker(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asker]:
    tokens = write_tokens(tmp_path_factory.mktemp("tokens") / "tokens", TOKEN)
    with asking(dsn, tokens) as asker:
        yield asker


@pytest.fixture
def ask(dsn: str, asker: Asker) -> Asker:
    """Give somebody who asks, with no attempt counted and the password of before."""
    with psycopg.connect(dsn) as conn:
        conn.execute("delete from sign_in_limit")
        conn.execute("delete from sign_in_place")
        conn.execute(
            "update account set password_hash = %s, is_active = true, is_given = false",
            (PASSWORD_HASH,),
        )
    return asker


def sign_in(ask: Asker, account_id: str = "li", password: str = PASSWORD) -> dict:
    answer = ask.send("POST", "/v1/session", credentials(account_id, password), token=None)
    assert answer.status_code == 200, answer.text
    return answer.json()


def credentials(account_id: str, password: str) -> dict:
    return {"account_id": account_id, "password": password}


def write(dsn: str, sql: str, *values: object) -> None:
    with psycopg.connect(dsn) as conn:
        conn.execute(sql.encode(), values)


def value(dsn: str, sql: str) -> object:
    with psycopg.connect(dsn) as conn:
        row = conn.execute(sql.encode()).fetchone()
    return row and row[0]


def status(ask: Asker, token: str) -> int:
    return ask.send("GET", "/v1/me", token=token).status_code


def test_a_session_opens_what_its_roles_permit(ask: Asker) -> None:
    session = sign_in(ask)

    me = ask.send("GET", "/v1/me", token=session["token"]).json()

    assert (me["account_id"], me["kind"]) == ("li", "session")
    assert [(one["role"], one["grid_id"]) for one in me["roles"]] == [("grid_supervisor", "G1")]
    assert "read_tracks" in me["permissions"]
    assert "manage_accounts" not in me["permissions"]
    assert ask.get(me["purposes"], token=session["token"]).status_code == 200
    assert ask.get("/v1/workers", token=session["token"]).status_code == 200


def test_a_token_of_the_file_is_told_what_it_is(ask: Asker) -> None:
    me = ask.json("/v1/me")

    assert (me["kind"], me["account_id"], me["roles"]) == ("file", None, [])
    assert me["permissions"] == [
        "measure",
        "read_decisions",
        "read_orders",
        "read_registry",
        "read_results",
        "read_tracks",
    ]


@pytest.mark.parametrize("account_id", ["li", "nobody"])
def test_a_wrong_password_and_a_wrong_name_are_answered_alike(ask: Asker, account_id: str) -> None:
    answer = ask.send("POST", "/v1/session", credentials(account_id, "wrong by far"), token=None)

    assert answer.status_code == 401
    assert answer.json()["type"].endswith(":sign-in-refused")
    assert answer.json()["detail"] == "the account or its password is wrong"


def test_passwords_never_come_back_in_what_is_wrong_with_a_request(ask: Asker) -> None:
    given = credentials("no such name!", "Kq7-secret-in-the-clear")

    answer = ask.send("POST", "/v1/session", given, token=None)

    assert answer.status_code == 422
    assert "Kq7" not in answer.text


def test_a_hash_of_older_parameters_is_renewed_when_its_password_is_known(
    ask: Asker, dsn: str
) -> None:
    older = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash(PASSWORD)
    write(dsn, "update account set password_hash = %s where account_id = 'li'", older)

    sign_in(ask)

    stored = value(dsn, "select password_hash from account where account_id = 'li'")
    assert str(stored).startswith("$argon2id$v=19$m=8,t=1,p=1$")
    sign_in(ask)


def test_a_refresh_makes_the_next_token(ask: Asker) -> None:
    first = sign_in(ask)

    second = ask.send(
        "POST", "/v1/session/refresh", {"refresh_token": first["refresh_token"]}, token=None
    ).json()

    assert status(ask, second["token"]) == 200
    assert second["refresh_token"] != first["refresh_token"]
    assert second["refresh_expires_at"] == first["refresh_expires_at"]


def test_a_refresh_brought_twice_ends_the_session(ask: Asker) -> None:
    first = sign_in(ask)
    stolen = {"refresh_token": first["refresh_token"]}
    second = ask.send("POST", "/v1/session/refresh", stolen, token=None).json()

    again = ask.send("POST", "/v1/session/refresh", stolen, token=None)

    assert again.status_code == 401
    assert status(ask, first["token"]) == status(ask, second["token"]) == 401
    rest = {"refresh_token": second["refresh_token"]}
    assert ask.send("POST", "/v1/session/refresh", rest, token=None).status_code == 401


def test_signing_out_ends_this_session_and_no_other(ask: Asker) -> None:
    here, there = sign_in(ask), sign_in(ask)

    assert ask.send("DELETE", "/v1/session", token=here["token"]).status_code == 204

    assert status(ask, here["token"]) == 401
    assert status(ask, there["token"]) == 200
    refresh = {"refresh_token": here["refresh_token"]}
    assert ask.send("POST", "/v1/session/refresh", refresh, token=None).status_code == 401


def test_a_session_is_over_when_its_time_is(ask: Asker, dsn: str) -> None:
    session = sign_in(ask)

    execute(dsn, "update bearer set expires_at = now() where kind in ('session', 'refresh')")

    assert status(ask, session["token"]) == 401
    refresh = {"refresh_token": session["refresh_token"]}
    assert ask.send("POST", "/v1/session/refresh", refresh, token=None).status_code == 401
    sign_in(ask)
    assert value(dsn, "select count(*) from bearer where expires_at <= now()") == 0


def test_what_is_no_token_of_a_session_opens_nothing(ask: Asker) -> None:
    session = sign_in(ask)
    token = session["token"]
    digest = hashlib.sha256(token.encode()).hexdigest()
    forged = [
        session["refresh_token"],
        token[:-1],
        token + "A",
        token.lower(),
        digest,
        "",
        "x" * 9000,
    ]

    assert {one: status(ask, one) for one in forged} == dict.fromkeys(forged, 401)
    assert status(ask, token) == 200


def test_a_disabled_account_is_out_at_once(ask: Asker, dsn: str) -> None:
    session = sign_in(ask)

    execute(dsn, "update account set is_active = false where account_id = 'li'")

    assert status(ask, session["token"]) == 401
    refresh = {"refresh_token": session["refresh_token"]}
    assert ask.send("POST", "/v1/session/refresh", refresh, token=None).status_code == 401
    refused = ask.send("POST", "/v1/session", credentials("li", PASSWORD), token=None)
    assert refused.json()["detail"] == "the account or its password is wrong"


def test_a_password_that_somebody_else_chose_opens_nothing_but_its_change(
    ask: Asker, dsn: str
) -> None:
    execute(dsn, "update account set is_given = true where account_id = 'li'")
    token = sign_in(ask)["token"]
    refused = ask.get("/v1/workers", token=token)
    change = {"old_password": PASSWORD, "new_password": OTHER_PASSWORD}

    changed = ask.send("PUT", "/v1/me/password", change, token=token)

    assert refused.status_code == 403
    assert "PUT /v1/me/password" in refused.json()["detail"]
    assert changed.status_code == 204
    assert ask.get("/v1/workers", token=token).status_code == 200
    assert sign_in(ask, password=OTHER_PASSWORD)["must_change_password"] is False


def test_a_changed_password_ends_the_other_sessions(ask: Asker) -> None:
    here, there = sign_in(ask), sign_in(ask)
    change = {"old_password": PASSWORD, "new_password": OTHER_PASSWORD}

    assert ask.send("PUT", "/v1/me/password", change, token=here["token"]).status_code == 204

    assert (status(ask, here["token"]), status(ask, there["token"])) == (200, 401)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("not this one, surely", OTHER_PASSWORD, 401),
        (PASSWORD, "too short", 422),
        (PASSWORD, "aaaaaaaaaaaaaaaa", 422),
        (PASSWORD, PASSWORD, 422),
    ],
)
def test_a_password_is_changed_by_whoever_knows_it_to_a_good_one(
    ask: Asker, old: str, new: str, code: int
) -> None:
    token = sign_in(ask)["token"]

    answer = ask.send(
        "PUT", "/v1/me/password", {"old_password": old, "new_password": new}, token=token
    )

    assert answer.status_code == code


def test_guesses_wait_longer_and_longer(ask: Asker) -> None:
    wrong = credentials("li", "wrong by far")
    codes = [ask.send("POST", "/v1/session", wrong, token=None).status_code for _ in range(6)]

    refused = ask.send("POST", "/v1/session", credentials("li", PASSWORD), token=None)

    assert codes == [401] * 5 + [429]
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) >= 1


def test_guesses_at_the_same_time_are_all_counted(ask: Asker) -> None:
    wrong = credentials("li", "wrong by far")

    codes = ask.together([("POST", "/v1/session", wrong)] * 12, token=None)

    assert sorted(codes) == [401] * 5 + [429] * 7


def test_guesses_from_elsewhere_do_not_shut_an_account_out_where_it_is_known(
    ask: Asker, dsn: str
) -> None:
    sign_in(ask)
    for account_id in ("li", "wang"):
        write(
            dsn,
            "insert into sign_in_limit values ('account', %s, 900, now(), now() + interval '30 s')",
            hidden(account_id),
        )

    sign_in(ask)

    unknown = ask.send("POST", "/v1/session", credentials("wang", PASSWORD), token=None)
    assert unknown.status_code == 429


def test_what_is_counted_names_neither_accounts_nor_addresses(ask: Asker, dsn: str) -> None:
    ask.send("POST", "/v1/session", credentials("li", "wrong by far"), token=None)

    kept = str(value(dsn, "select string_agg(key, ' ') from sign_in_limit"))

    assert "li" not in kept
    assert "127.0.0.1" not in kept


def test_a_wrong_attempt_on_a_long_body_is_refused_before_it_is_read(ask: Asker) -> None:
    answer = ask.send("POST", "/v1/session", credentials("li", "x" * (1 << 20)), token=None)

    assert answer.status_code == 413
    assert answer.json()["type"].endswith(":body-too-large")


def test_a_key_opens_what_its_scopes_name_and_no_more(ask: Asker, dsn: str) -> None:
    token = sign_in(ask)["token"]
    given = {"name": "map", "scopes": ["read_registry"], "days": 30}

    made = ask.send("POST", "/v1/keys", given, token=token)

    assert made.status_code == 201
    key = made.json()["token"]
    assert ask.get("/v1/workers", token=key).status_code == 200
    assert ask.get("/v1/positions/latest", token=key).status_code == 403
    listed = ask.send("GET", "/v1/keys", token=token).json()["keys"]
    assert [one["name"] for one in listed] == ["map"]
    assert key not in str(listed)
    assert value(dsn, "select used_at is not null from bearer where kind = 'key'")
    assert ask.send("POST", "/v1/keys", given, token=token).status_code == 409
    assert ask.send("DELETE", "/v1/keys/map", token=token).status_code == 204
    assert ask.get("/v1/workers", token=key).status_code == 401
    assert ask.send("DELETE", "/v1/keys/map", token=token).status_code == 404


def test_a_key_is_for_no_more_than_its_owner_may_and_makes_no_other(ask: Asker) -> None:
    token = sign_in(ask)["token"]
    beyond = {"name": "wide", "scopes": ["read_registry", "manage_accounts"]}
    narrow = {"name": "narrow", "scopes": ["read_registry"]}
    long = {"name": "long", "scopes": ["read_registry"], "days": 366}

    assert ask.send("POST", "/v1/keys", beyond, token=token).status_code == 403
    assert ask.send("POST", "/v1/keys", long, token=token).status_code == 422
    key = ask.send("POST", "/v1/keys", narrow, token=token).json()["token"]
    assert ask.send("POST", "/v1/keys", narrow, token=key).status_code == 403
    assert (
        ask.send(
            "PUT",
            "/v1/me/password",
            {"old_password": PASSWORD, "new_password": OTHER_PASSWORD},
            token=key,
        ).status_code
        == 403
    )
    assert ask.send("POST", "/v1/keys", narrow).status_code == 403


def test_a_key_may_less_when_its_owner_may_less(ask: Asker, dsn: str) -> None:
    token = add_account(dsn, "chen", Held("auditor"), Held("grid_supervisor", None, "G1"))
    given = {"name": "map", "scopes": ["read_registry"]}
    key = ask.send("POST", "/v1/keys", given, token=token).json()["token"]
    before = ask.get("/v1/workers", token=key).status_code

    execute(
        dsn,
        "update account_role set valid_to = now()"
        " where account_id = 'chen' and role = 'grid_supervisor'",
    )

    assert (before, ask.get("/v1/workers", token=key).status_code) == (200, 403)


def test_whoever_asks_too_often_is_told_when_to_come_back(dsn: str) -> None:
    token = add_account(dsn, "busy", Held("auditor"))
    other = add_account(dsn, "calm", Held("auditor"))
    rates = IdentitySettings(rate_per_s=0.1, rate_burst=3)
    with asking(dsn, None, identity=rates) as ask:
        codes = [status(ask, token) for _ in range(5)]

        assert codes == [200] * 3 + [429] * 2
        assert status(ask, other) == 200
        refused = ask.send("GET", "/v1/me", token=token)
        assert 1 <= int(refused.headers["Retry-After"]) <= 10
        assert [status(ask, "x" * 50) for _ in range(4)] == [401] * 3 + [429]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"account_id": "li", "password": "\\ud800 and ten more"}',
        b'{"account_id": "li\\u0000", "password": "x"}',
        b'{"account_id": {"$ne": null}, "password": ["x"]}',
        b'{"account_id": "li", "password": "x", "is_admin": true}',
    ],
)
def test_bodies_that_are_not_what_is_asked_for_are_refused(ask: Asker, body: bytes) -> None:
    answer = ask.raw("POST", "/v1/session", body)

    assert answer.status_code in {400, 422}, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
