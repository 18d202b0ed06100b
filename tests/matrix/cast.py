"""Who asks in the table of roles, what each may do, and what a row of the table says.

Everybody asks about Wang (W2, terminal T2), whose duty was in grid G2 alone.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import psycopg

from tests.accounts import AREAS, Held, add_account
from tests.asking import DAY, TOKEN, execute, fill
from tests.orders import opened

# Wang's report of a lamp in G2.
ORDER: Final = "019aa9f2-6c1e-7d3a-9b52-0a1b2c3d4e5f"
REPORT: Final = "019aa9f2-6c1e-7d3a-9b52-0a1b2c3d4e60"
_REPORTED: Final = f"""
insert into photo_report (terminal_id, report_id, taken_at, category, received_at)
    values ('T2', '{REPORT}', '{DAY} 06:30Z', 'lamp', '{DAY} 06:31Z');
insert into report_photo (terminal_id, report_id, place, sha256, bytes, media_type, exif)
    values ('T2', '{REPORT}', 0, decode(repeat('ab', 32), 'hex'), 9, 'image/jpeg',
            '{{"make": "Cam"}}');
insert into work_order_report values ('T2', '{REPORT}', '{ORDER}');
update photo_report set facility_id = 'F2' where report_id = '{REPORT}';
"""  # noqa: S608 - the known day
_KEY = "patrol_key-of-a-supervisor-for-the-registry-and-nothing-else"

_SUPERVISING: Final = frozenset(
    {"session", "tracks", "results", "decisions", "registry", "own registry", "roster", "decide"}
    | {"measure", "orders", "handle"}
)
_OF_WORKER: Final = frozenset(
    {"session", "tracks", "results", "decisions", "own registry", "access log", "answer"}
    | {"orders", "handle"}
)
# What each may do at all, written down once more: by hand, from what was agreed.
MAY: Final[Mapping[str, frozenset[str]]] = {
    "nobody": frozenset(),
    "the worker": _OF_WORKER,
    "another worker": _OF_WORKER,
    "supervisor of the grid": _SUPERVISING,
    "supervisor of another grid": _SUPERVISING,
    "supervisor of the district": _SUPERVISING | {"freeze"},
    "supervisor of another street": _SUPERVISING | {"freeze"},
    "administrator": frozenset(
        {"session", "registry", "own registry", "write registry", "roster", "accounts", "operate"}
    ),
    "auditor": frozenset({"session", "decisions", "access log"}),
    "token of the file": frozenset(
        {"tracks", "results", "decisions", "registry", "own registry", "measure", "orders"}
    ),
    "key for the registry": frozenset({"registry", "own registry"}),
    "department": frozenset({"session", "orders", "handle"}),
}
# Who may not see Wang, whatever else.
STRANGERS: Final = frozenset(
    {"another worker", "supervisor of another grid", "supervisor of another street", "department"}
)

MORE: Final = f"""
insert into department (department_id, name) values ('ROADS', 'Roads');
insert into grid_coverage values
    ('W2', '{DAY}', 'G2', 'streets', 0.5, 0.4, 0.6, '[]');
insert into checkpoint (checkpoint_id, grid_id, name, geometry)
    values ('K2', 'G2', '', '{{"type": "Point", "coordinates": [116.3, 39.9]}}');
insert into facility (facility_id, grid_id, kind, geometry)
    values ('F2', 'G2', 'lamp', '{{"type": "Point", "coordinates": [116.3, 39.9]}}');
insert into checkpoint_pass values
    ('W2', '{DAY}', '{DAY} 06:30Z', '{DAY} 06:40Z', 'G2', 'K2', 0.9);
insert into finding (worker_id, day, kind, start_at, end_at, evidence) values
    ('W2', '{DAY}', 'clock_offset', '{DAY} 06:30Z', '{DAY} 06:40Z', '{{}}');
insert into outbox_seq (terminal_id, outbox, heard, heard_at) values
    ('T1', 'o1', '{{[1,9)}}', '{DAY} 06:30Z'), ('T2', 'o1', '{{[1,9)}}', '{DAY} 06:30Z');
insert into access_log (reader, role, what, worker_id, day) values
    ('somebody', 'grid_supervisor', 'track', 'W2', '{DAY}'),
    ('somebody', 'grid_supervisor', 'track', 'W1', '{DAY}');
"""  # noqa: S608 - the known day


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one route answers to the cast.

    `needs` is what one must be permitted, None for a route that is for everybody with a token. Who
    is permitted and no stranger finds `shows` in the answer, where it is given; no stranger
    does, who is answered with `to_strangers`. What changes something is asked of those alone
    who may not do it.
    """

    path: str
    needs: str | None
    shows: str = ""
    to_strangers: int = 200
    # Strangers to whom what `shows` stands for is known all the same.
    known_to: frozenset[str] = frozenset()
    changes: bool = False
    streams: bool = False
    # A status that comes first, whoever asks: of what is not there in this small world.
    answers: int = 200
    # Without a token this is answered.
    unknown: int = 401


Rows = Mapping[tuple[str, str], Row]


def make_world(dsn: str) -> dict[str, str | None]:
    """Put the known day and the cast into the database; return the token of each of the cast."""
    fill(dsn)
    execute(dsn, AREAS)
    execute(dsn, MORE)
    opened(dsn, "G2", worker_id="W2", order_id=ORDER)
    execute(dsn, _REPORTED)
    cast = {
        "nobody": None,
        "the worker": add_account(dsn, "wang", Held("worker"), worker_id="W2"),
        "another worker": add_account(dsn, "li", Held("worker"), worker_id="W1"),
        "supervisor of the grid": add_account(dsn, "g2", Held("grid_supervisor", None, "G2")),
        "supervisor of another grid": add_account(dsn, "g1", Held("grid_supervisor", None, "G1")),
        "supervisor of the district": add_account(dsn, "d2", Held("area_supervisor", "D2")),
        "supervisor of another street": add_account(dsn, "s1", Held("area_supervisor", "S1")),
        "administrator": add_account(dsn, "root", Held("administrator")),
        "auditor": add_account(dsn, "audit", Held("auditor")),
        "token of the file": TOKEN,
        "key for the registry": _KEY,
        "department": add_account(dsn, "roads", Held("department", department_id="ROADS")),
    }
    with psycopg.connect(dsn) as conn:
        conn.execute(
            "insert into bearer (digest, account_id, kind, family, scopes, expires_at)"
            " values (%s, 'g2', 'key', 'map', '{read_registry}', now() + interval '1 hour')",
            (hashlib.sha256(_KEY.encode()).digest(),),
        )
    return cast
