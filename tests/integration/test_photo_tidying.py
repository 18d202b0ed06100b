"""Photos after kills, losses and long times: nothing stays that nothing names, nothing gets lost."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from structlog.testing import capture_logs

from api.photos.objects import key_of
from api.photos.store import PhotoStore
from api.photos.tidying import Tidied, Tidier
from api.settings import ApiSettings
from api.views import Views
from ingest.keeping.photos import count_photos, end_photos
from runtime.uuids import uuid7
from tests.district import count, rows
from tests.photos import bring, name_of, store_in
from tests.processes import eventually

# Stores one photo after the other and writes it down, as the API does, until it is killed.
STORING = """
import asyncio, sys
from pathlib import Path
from api.photos.recording import Recorder
from api.settings import ApiSettings
from api.views import Views
from tests.photos import bring, store_in
async def main():
    views = Views(sys.argv[1], ApiSettings())
    await views.open()
    store, recorder = store_in(Path(sys.argv[2])), Recorder(views)
    for number in range(100_000):
        await recorder.record(bring(store, b"photo %d" % number))
asyncio.run(main())
"""
OLD_S = 30 * 86_400


@pytest.fixture
def world(database: str, tmp_path: Path) -> tuple[str, Path, PhotoStore]:
    return database, tmp_path / "photos", store_in(tmp_path / "photos")


def tidy(dsn: str, store: PhotoStore, *, is_dry: bool = False) -> dict[str, int]:
    async def once() -> Tidied | None:
        views = Views(dsn, ApiSettings())
        await views.open()
        try:
            return await Tidier(views=views, store=store, orphan_days=7, is_dry=is_dry).tidy()
        finally:
            await views.close()

    tidied = asyncio.run(once())
    assert tidied is not None
    return {name: number for name, number in asdict(tidied).items() if number}


def announce(dsn: str, *photos: bytes, days: int = 0) -> None:
    with psycopg.connect(dsn) as conn:
        for one in photos:
            conn.execute(
                "insert into announced_photo values ('@li', %s, %s, 'image/jpeg',"
                " now() - %s * interval '1 day')",
                (bytes.fromhex(name_of(one)), len(one), days),
            )


def record(dsn: str, *photos: bytes, days: int = 0) -> None:
    with psycopg.connect(dsn) as conn:
        for one in photos:
            conn.execute(
                "insert into photo (sha256, bytes, stored_at)"
                " values (%s, %s, now() - %s * interval '1 day')",
                (bytes.fromhex(name_of(one)), len(one), days),
            )


def age(folder: Path, photo: bytes) -> Path:
    path = folder / key_of(name_of(photo))
    os.utime(path, (time.time() - OLD_S,) * 2)
    return path


def test_a_server_killed_while_it_stores_leaves_what_the_next_one_takes_up(
    world: tuple[str, Path, PhotoStore],
) -> None:
    dsn, folder, store = world
    announce(dsn, *(b"photo %d" % number for number in range(5000)))
    with subprocess.Popen([sys.executable, "-c", STORING, dsn, str(folder)]) as process:
        try:
            eventually(lambda: count(dsn, "photo") > 40, what="some photos")
        finally:
            process.kill()
    there = [path for path in folder.glob("??/*") if len(path.name) == 64]
    for path in there:
        os.utime(path, (time.time() - 3600,) * 2)
    tidied = tidy(dsn, store)

    # At most the one that it was at; every row has its object, and now the other way round.
    assert tidied in ({}, {"taken_up": 1})
    known = {name for (name,) in rows(dsn, "select sha256 from v1_photo where is_there")}
    assert known == {path.name for path in there}
    assert all(name_of(path.read_bytes()) == path.name for path in there)


def test_an_upload_cut_off_for_good_and_what_nothing_names_go(
    world: tuple[str, Path, PhotoStore],
) -> None:
    dsn, folder, store = world
    begun = store.go_on("T01", name_of(b"begun"), offset=0, size=9)
    assert begun is not None
    begun.write([b"be"])
    begun.close()
    part = next((folder / "partial").iterdir())
    os.utime(part, (time.time() - OLD_S,) * 2)
    for photo in (b"known", b"strange", b"fresh"):
        bring(store, photo)
    record(dsn, b"known", days=8)
    gone = [age(folder, b"known"), age(folder, b"strange")]

    assert tidy(dsn, store, is_dry=True) == {"given_up": 1, "orphans": 2}
    assert all(path.exists() for path in (part, *gone))
    assert tidy(dsn, store) == {"given_up": 1, "orphans": 2}
    assert [path.exists() for path in (part, *gone)] == [False] * 3
    assert (folder / key_of(name_of(b"fresh"))).exists()
    assert count(dsn, "photo") == 0
    assert tidy(dsn, store) == {}


def test_a_photo_that_is_lost_is_told_aloud_and_stays_written_down(
    world: tuple[str, Path, PhotoStore],
) -> None:
    dsn, folder, store = world
    announce(dsn, b"lost")
    record(dsn, b"lost")
    with capture_logs() as logged:
        assert tidy(dsn, store) == {"missing": 1}

    said = [one for one in logged if one["event"] == "api.photo_missing"]
    assert [(one["sha256"], one["log_level"]) for one in said] == [(name_of(b"lost"), "error")]
    assert rows(dsn, "select is_there from v1_photo") == [(False,)]
    bring(store, b"lost")
    assert tidy(dsn, store) == {"found_again": 1}
    assert rows(dsn, "select is_there from v1_photo") == [(True,)]
    assert (folder / key_of(name_of(b"lost"))).exists()


def test_what_is_not_what_its_name_says_is_not_taken_up(
    world: tuple[str, Path, PhotoStore],
) -> None:
    dsn, folder, store = world
    announce(dsn, b"good")
    bring(store, b"good")
    (folder / key_of(name_of(b"good"))).write_bytes(b"evil")
    age(folder, b"good")

    assert tidy(dsn, store) == {"spoilt": 1}
    assert count(dsn, "photo") == 0


def test_a_photo_of_an_act_stays_and_one_that_no_act_names_goes(
    world: tuple[str, Path, PhotoStore],
) -> None:
    dsn, folder, store = world
    order = opened_order(dsn, kind="settle", photo=b"named")
    announce(dsn, b"named", b"forgotten", days=8)
    for photo in (b"named", b"forgotten"):
        bring(store, photo)
        age(folder, photo)
    record(dsn, b"named", b"forgotten", days=8)

    assert order
    assert tidy(dsn, store) == {"orphans": 1}
    assert rows(dsn, "select sha256 from v1_photo") == [(name_of(b"named"),)]


def test_photos_go_in_their_time_but_not_while_their_order_is_open(
    world: tuple[str, Path, PhotoStore],
) -> None:
    dsn, folder, store = world
    announce(dsn, b"over", b"needed", days=1)
    opened_order(dsn, kind="settle", photo=b"needed")
    for photo in (b"over", b"needed"):
        bring(store, photo)
    record(dsn, b"over", b"needed", days=400)
    with psycopg.connect(dsn, autocommit=True) as conn:
        due = count_photos(conn, datetime.now(UTC))
        ended = end_photos(conn, datetime.now(UTC), stop=threading.Event())

    assert (due, ended) == (1, 1)
    assert tidy(dsn, store) == {"dropped": 1}
    assert not (folder / key_of(name_of(b"over"))).exists()
    assert rows(dsn, "select sha256, is_there from v1_photo order by is_there") == [
        (name_of(b"over"), False),
        (name_of(b"needed"), True),
    ]
    assert tidy(dsn, store) == {}


def opened_order(dsn: str, *, kind: str, photo: bytes) -> str:
    """Put an open order into the database, and an act that names a photo."""
    order = uuid7()
    with psycopg.connect(dsn) as conn:
        conn.execute(
            "insert into workflow (version, toml, sha256, loaded_by)"
            " values (1, '', repeat('a', 64), 'test') on conflict do nothing"
        )
        conn.execute(
            "insert into work_order (order_id, revision, workflow_version, category, severity,"
            " step, step_kind, level, opened_at, entered_at, changed_at)"
            " values (%s, 1, 1, 'lamp', 'low', 'grid', 'handle', 'grid', now(), now(), now())",
            (order,),
        )
        conn.execute(
            "insert into work_order_event (order_id, revision, at, kind, act, party, step,"
            " step_kind, category, severity, workflow_version, photos)"
            " values (%s, 1, now(), %s, %s, 'grid', 'grid', 'handle', 'lamp', 'low', 1, %s)",
            (order, kind, kind, [name_of(photo)]),
        )
    return order
