"""Accounts and roles: who may give what to whom, and that nobody gets more than that."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.accounts import (  # noqa: F401 - fixtures are used by name
    AREAS,
    PASSWORD,
    Held,
    add_account,
    quick_hashing,
)
from tests.asking import Asker, asking, execute, fill

OTHER_PASSWORD = "nine lanterns over the canal"  # noqa: S105 - it opens nothing

pytestmark = pytest.mark.usefixtures("quick_hashing")


@pytest.fixture(scope="module")
def dsn(shared_database: str) -> str:
    fill(shared_database)
    execute(shared_database, AREAS)
    return shared_database


@pytest.fixture(scope="module")
def asker(dsn: str) -> Iterator[Asker]:
    with asking(dsn, None) as asker:
        yield asker


@pytest.fixture
def ask(dsn: str, asker: Asker) -> Asker:
    """Give somebody who asks while there are no accounts but those of the test."""
    execute(dsn, "delete from change_log; delete from account; delete from sign_in_limit")
    return asker


@pytest.fixture
def root(ask: Asker, dsn: str) -> str:  # noqa: ARG001 - it clears the accounts first
    """Return a session of an administrator of everything."""
    return add_account(dsn, "root", Held("administrator"))


@pytest.fixture
def east(ask: Asker, dsn: str) -> str:  # noqa: ARG001 - it clears the accounts first
    """Return a session of an administrator of district D1."""
    return add_account(dsn, "east", Held("administrator", "D1"), area_id="D1")


def changes(dsn: str) -> list[tuple]:
    with psycopg.connect(dsn) as conn:
        return conn.execute(
            "select account_id, what, key, before, after, reason from change_log order by change_id"
        ).fetchall()


def test_an_account_is_made_and_signs_in_and_changes_its_password(
    ask: Asker, dsn: str, root: str
) -> None:
    given = {"account_id": "chen.li", "name": "Chen Li", "area_id": "D1", "password": PASSWORD}

    made = ask.send("POST", "/v1/accounts", given, token=root)

    assert made.status_code == 201
    assert (made.json()["has_password"], made.json()["roles"]) == (True, [])
    signed_in = ask.send(
        "POST", "/v1/session", {"account_id": "chen.li", "password": PASSWORD}, token=None
    )
    assert signed_in.json()["must_change_password"] is True
    assert changes(dsn)[0][:3] == ("root", "account", "chen.li")
    assert PASSWORD not in str(changes(dsn))
    assert "argon2" not in str(changes(dsn))


def test_a_role_is_granted_and_withdrawn_and_both_are_written_down(
    ask: Asker, dsn: str, root: str
) -> None:
    add_account(dsn, "chen", area_id="D1")
    given = {"role": "area_supervisor", "area_id": "D1", "reason": "took over"}

    granted = ask.send("POST", "/v1/accounts/chen/roles", given, token=root)
    path = f"/v1/accounts/chen/roles/{granted.json()['grant_id']}"
    withdrawn = ask.send("DELETE", path, token=root)

    assert (granted.status_code, withdrawn.status_code) == (201, 204)
    roles = ask.send("GET", "/v1/accounts/chen", token=root).json()["roles"]
    assert roles[0]["valid_to"] is not None
    assert roles[0]["granted_by"] == "root"
    first, second = changes(dsn)
    assert (first[4]["role"], first[5], first[3]) == ("area_supervisor", "took over", None)
    assert (second[3]["role"], second[4]) == ("area_supervisor", None)
    assert ask.send("DELETE", path, token=root).status_code == 422


def test_two_who_change_an_account_at_once_do_not_undo_each_other(
    ask: Asker, dsn: str, root: str
) -> None:
    add_account(dsn, "chen", area_id="D1")
    change = {"revision": 1, "name": "Chen Li"}

    codes = ask.together([("PATCH", "/v1/accounts/chen", change)] * 2, token=root)

    assert sorted(codes) == [200, 409]


def test_what_is_not_given_stays(ask: Asker, dsn: str, root: str) -> None:
    add_account(dsn, "chen", area_id="D1", worker_id="W1")

    change = {"revision": 1, "name": "Chen Li", "worker_id": None}
    changed = ask.send("PATCH", "/v1/accounts/chen", change, token=root).json()

    assert (changed["name"], changed["area_id"], changed["worker_id"]) == ("Chen Li", "D1", None)
    assert (changed["is_active"], changed["has_password"], changed["revision"]) == (True, True, 2)


def test_a_disabled_account_loses_its_sessions(ask: Asker, dsn: str, root: str) -> None:
    token = add_account(dsn, "chen", Held("auditor"))

    change = {"revision": 1, "is_active": False}
    assert ask.send("PATCH", "/v1/accounts/chen", change, token=root).status_code == 200

    assert ask.send("GET", "/v1/me", token=token).status_code == 401
    change = {"revision": 2, "is_active": True}
    assert ask.send("PATCH", "/v1/accounts/chen", change, token=root).status_code == 200
    assert ask.send("GET", "/v1/me", token=token).status_code == 401


def test_sessions_end_when_an_administrator_says_so(ask: Asker, dsn: str, east: str) -> None:
    token = add_account(dsn, "chen", Held("grid_supervisor", None, "G1"), area_id="S1")

    assert ask.send("DELETE", "/v1/accounts/chen/sessions", token=east).status_code == 204

    assert ask.send("GET", "/v1/me", token=token).status_code == 401


def test_a_page_of_accounts_leads_to_the_next(ask: Asker, dsn: str, root: str) -> None:
    for account_id in ("a", "b", "c"):
        add_account(dsn, account_id)

    first = ask.send("GET", "/v1/accounts?limit=2", token=root).json()
    cursor = first["next_cursor"]
    second = ask.send("GET", f"/v1/accounts?limit=2&cursor={cursor}", token=root).json()

    names = [[one["account_id"] for one in page["accounts"]] for page in (first, second)]
    assert names == [["a", "b"], ["c", "root"]]
    assert second["next_cursor"] is None


ENDED = "2026-11-20T00:00:00Z"

# Whose accounts an administrator of D1 sees: those in its care with no role beyond.
OTHERS = {
    "of the own street": ("S1", [Held("grid_supervisor", None, "G1")], True),
    "of another district": ("D2", [], False),
    "of nobody's area": (None, [], False),
    "with a role in another district": ("D1", [Held("area_supervisor", "D2")], False),
    "with a role in the area above": ("D1", [Held("auditor", "C")], False),
    "with a role in another grid": ("S1", [Held("grid_supervisor", None, "G2")], False),
    "with a role everywhere": ("D1", [Held("administrator")], False),
    "with a role elsewhere that has ended": ("D1", [Held("auditor", "D2", None, ENDED)], True),
}


@pytest.mark.parametrize("other", OTHERS)
def test_an_administrator_manages_what_lies_within_the_own_area(
    ask: Asker, dsn: str, east: str, other: str
) -> None:
    area_id, held, is_managed = OTHERS[other]
    add_account(dsn, "other", *held, area_id=area_id)
    change = {"revision": 1, "password": OTHER_PASSWORD}

    seen = ask.send("GET", "/v1/accounts/other", token=east).status_code
    listed = "other" in ask.send("GET", "/v1/accounts", token=east).text
    changed = ask.send("PATCH", "/v1/accounts/other", change, token=east).status_code
    grant = {"role": "auditor", "area_id": "D1"}
    granted = ask.send("POST", "/v1/accounts/other/roles", grant, token=east).status_code
    ended = ask.send("DELETE", "/v1/accounts/other/sessions", token=east).status_code

    expected = [200, True, 200, 201, 204] if is_managed else [404, False, 404, 404, 404]
    assert [seen, listed, changed, granted, ended] == expected


# What an administrator of D1, until the end of 2030, may give to an account in its care.
GRANTS = {
    "in the own area": ({"role": "area_supervisor", "area_id": "D1"}, 201),
    "in a street of it": ({"role": "administrator", "area_id": "S1"}, 201),
    "in a grid of it": ({"role": "grid_supervisor", "grid_id": "G1"}, 201),
    "in the area above": ({"role": "auditor", "area_id": "C"}, 403),
    "in another district": ({"role": "area_supervisor", "area_id": "D2"}, 403),
    "in a grid of another": ({"role": "grid_supervisor", "grid_id": "G2"}, 403),
    "everywhere": ({"role": "administrator"}, 403),
    "in no area that there is": ({"role": "auditor", "area_id": "D9"}, 403),
    "for longer": ({"role": "auditor", "area_id": "D1", "valid_to": "2031-06-01T00:00:00Z"}, 403),
    "for ever": ({"role": "auditor", "area_id": "D1", "valid_to": None}, 403),
    "until yesterday": ({"role": "auditor", "area_id": "D1", "valid_to": "2020-01-01T00:00Z"}, 422),
    "to no worker": ({"role": "worker"}, 422),
    "with what does not go with it": ({"role": "auditor", "grid_id": "G1"}, 422),
}


@pytest.mark.parametrize("grant", GRANTS)
def test_nobody_grants_beyond_the_own_reach(ask: Asker, dsn: str, grant: str) -> None:
    until = "2030-12-31T00:00:00Z"
    east = add_account(dsn, "east", Held("administrator", "D1", None, until), area_id="D1")
    add_account(dsn, "chen", area_id="D1")
    given, code = GRANTS[grant]

    answer = ask.send("POST", "/v1/accounts/chen/roles", {"valid_to": until} | given, token=east)

    assert answer.status_code == code, answer.text


@pytest.mark.parametrize("held", [Held("administrator"), Held("administrator", "D1")])
def test_nobody_changes_the_own_roles_or_account(ask: Asker, dsn: str, held: Held) -> None:
    token = add_account(dsn, "me", held, area_id="D1")
    grant = {"role": "area_supervisor", "area_id": "D1"}

    assert [
        ask.send("POST", "/v1/accounts/me/roles", grant, token=token).status_code,
        ask.send("PATCH", "/v1/accounts/me", {"revision": 1}, token=token).status_code,
        ask.send("DELETE", "/v1/accounts/me/roles/1", token=token).status_code,
    ] == [403, 403, 403]


@pytest.mark.parametrize(
    ("area_id", "worker_id", "code"),
    [
        ("D1", None, 201),
        ("S1", "W4", 201),  # all duty in G1
        ("D2", None, 422),
        (None, None, 422),
        ("C", None, 422),
        ("D1", "W1", 422),  # duty in G1 and in G2, of another district
        ("D1", "W2", 422),  # duty in G2 alone
        ("D1", "W3", 422),  # no duty yet: nobody knows where it will be
        ("D1", "W99", 422),
    ],
)
def test_accounts_are_made_within_the_own_area_for_workers_of_it(
    ask: Asker, dsn: str, east: str, *, area_id: str | None, worker_id: str | None, code: int
) -> None:
    execute(dsn, WORKER_OF_EAST)
    given = {"account_id": "new", "area_id": area_id, "worker_id": worker_id}

    answer = ask.send("POST", "/v1/accounts", given, token=east)

    assert answer.status_code == code, answer.text
    if worker_id and code == 201:
        grant = ask.send("POST", "/v1/accounts/new/roles", {"role": "worker"}, token=east)
        assert grant.status_code == 201


WORKER_OF_EAST = """
insert into worker values ('W4', 'Sun Li') on conflict do nothing;
insert into duty_window values ('W4', 'G1', '2026-11-22', '2026-11-22 00:30Z', '2026-11-22 04:30Z')
on conflict do nothing;
"""


def test_an_account_moves_only_between_areas_of_whoever_moves_it(
    ask: Asker, dsn: str, east: str
) -> None:
    add_account(dsn, "chen", area_id="S1")

    codes = [
        ask.send(
            "PATCH", "/v1/accounts/chen", {"revision": 1, "area_id": area_id}, token=east
        ).status_code
        for area_id in ("D2", None, "D1")
    ]

    assert codes == [422, 422, 200]


def test_names_workers_and_subjects_are_given_once(ask: Asker, root: str) -> None:
    subject = "https://id.example.org 24400320"
    first = {"account_id": "chen", "worker_id": "W1", "subject": subject}
    assert ask.send("POST", "/v1/accounts", first, token=root).status_code == 201

    for second in (
        {"account_id": "chen"},
        {"account_id": "li", "worker_id": "W1"},
        {"account_id": "li", "subject": subject},
    ):
        answer = ask.send("POST", "/v1/accounts", second, token=root)
        assert (answer.status_code, answer.json()["type"][-13:]) == (409, "already-there")


def test_passwords_of_accounts_are_good_ones(ask: Asker, root: str) -> None:
    given = {"account_id": "longer.than.twelve", "password": "Longer.Than.Twelve"}

    answer = ask.send("POST", "/v1/accounts", given, token=root)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["name"] == "password"


def test_a_key_with_the_scope_manages_no_more_than_its_owner(
    ask: Asker, dsn: str, east: str
) -> None:
    add_account(dsn, "west", area_id="D2")
    given = {"name": "script", "scopes": ["manage_accounts"]}
    key = ask.send("POST", "/v1/keys", given, token=east).json()["token"]

    assert ask.send("GET", "/v1/accounts/west", token=key).status_code == 404
    grant = {"role": "auditor", "area_id": "D1"}
    assert ask.send("POST", "/v1/accounts/east/roles", grant, token=key).status_code == 403


def test_names_that_are_sql_are_names(ask: Asker, root: str) -> None:
    for path in ("/v1/accounts/x'%20or%20'1'='1", "/v1/accounts/..%2f..%2fetc%2fpasswd"):
        assert ask.send("GET", path, token=root).status_code in {404, 422}
    given = {"account_id": "plain", "name": "'; drop table account; --"}
    made = ask.send("POST", "/v1/accounts", given, token=root)
    assert made.json()["name"] == "'; drop table account; --"
