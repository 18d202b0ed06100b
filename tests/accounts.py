"""Accounts of tests: put into the database as the API would, with sessions that are open."""

import hashlib
import secrets
from typing import NamedTuple

import psycopg
import pytest
from argon2 import PasswordHasher, Type

from api.identity import passwords

# City C holds districts D1, with street S1, and D2; grid G1 of the known day lies in S1, G2 in D2.
AREAS = """
insert into area (area_id, name, kind, parent_id) values
    ('C', 'City', 'city', null),
    ('D1', 'East', 'district', 'C'),
    ('D2', 'West', 'district', 'C'),
    ('S1', 'Garden Street', 'street', 'D1');
update grid set area_id = case grid_id when 'G1' then 'S1' else 'D2' end;
"""
PASSWORD = "a horse on the seventh stair"  # noqa: S105 - it opens nothing but tests
# As good as any hash for a test, and a thousand times as quick.
_QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1, type=Type.ID)
PASSWORD_HASH = _QUICK.hash(PASSWORD)


@pytest.fixture
def quick_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let passwords be hashed with little memory, for tests that are not about that."""
    monkeypatch.setattr(passwords, "_HASHER", _QUICK)


class Held(NamedTuple):
    """A role that an account holds: in an area, in a grid, or, with neither, everywhere."""

    role: str
    area_id: str | None = None
    grid_id: str | None = None
    valid_to: str | None = None
    department_id: str | None = None


def add_account(
    dsn: str,
    account_id: str,
    *held: Held,
    area_id: str | None = None,
    worker_id: str | None = None,
) -> str:
    """Make an account with `PASSWORD` and these roles; return the token of an open session."""
    token = "patrol_" + secrets.token_urlsafe(32)
    with psycopg.connect(dsn) as conn:
        conn.execute(
            "insert into account (account_id, area_id, worker_id, password_hash)"
            " values (%s, %s, %s, %s)",
            (account_id, area_id, worker_id, PASSWORD_HASH),
        )
        for one in held:
            conn.execute(
                "insert into account_role (account_id, role, area_id, grid_id, valid_to,"
                " department_id, valid_from)"
                " values (%s, %s, %s, %s, %s, %s, least(now(), %s::timestamptz - interval '1 day'))",
                (account_id, *one, one.valid_to),
            )
        conn.execute(
            "insert into bearer (digest, account_id, kind, family, expires_at)"
            " values (%s, %s, 'session', %s, now() + interval '1 hour')",
            (hashlib.sha256(token.encode()).digest(), account_id, f"given to {account_id}"),
        )
    return token
