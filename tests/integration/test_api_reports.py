"""Reports over HTTP and their photos: told once, brought, shown to those who may see them, logged."""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image

from api.app import Brought, make_app
from api.auth import TokenFile
from api.settings import ApiSettings
from api.views import Views
from patrol.workorders.workflow import default
from runtime.uuids import uuid7
from tests.accounts import AREAS, Held, add_account
from tests.asking import TOKEN, Asker, bearer, execute, fill, write_tokens
from tests.district import rows
from tests.photos import SECRET, name_of, picture, store_in

KNOWN = next(iter(default().categories))
PIECE = {"Content-Type": "application/offset+octet-stream"}
# Li is on duty in G1 now, and Wang belongs to G2.
PEOPLE = """
insert into duty_window values ('W1', 'G1', current_date, now() - interval '1 hour',
                                now() + interval '1 hour');
insert into posting (worker_id, grid_id, post, valid_from) values ('W2', 'G2', 'A', '2026-01-01');
insert into department (department_id, name) values ('LIGHTS', 'Lighting');
"""
CAST = {
    "li": ([Held("worker")], "W1"),
    "wang": ([Held("worker")], "W2"),
    "g1": ([Held("grid_supervisor", None, "G1")], None),
    "g2": ([Held("grid_supervisor", None, "G2")], None),
    "lights": ([Held("department", department_id="LIGHTS")], None),
}
IN_G2 = {"lat_deg": 39.905, "lon_deg": 116.305, "accuracy_m": 5}


class World:
    """Everybody who tells and looks, and the database."""

    def __init__(self, dsn: str, ask: Asker, tokens: Mapping[str, str]) -> None:
        self.dsn, self.ask, self.tokens = dsn, ask, tokens

    def tell(self, who: str, *photos: bytes, **changed: Any) -> httpx.Response:
        body = {
            "report_id": uuid7(),
            "taken_at": datetime.now(UTC).isoformat(),
            "category": KNOWN,
            "photos": [
                {"sha256": name_of(one), "bytes": len(one), "media_type": "image/jpeg"}
                for one in photos
            ],
            **changed,
        }
        return self.ask.send("POST", "/v1/reports", body, token=self.tokens[who])

    def told(self, who: str, *photos: bytes, **changed: Any) -> dict:
        answer = self.tell(who, *photos, **changed)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def bring(self, who: str, photo: bytes, *, offset: int = 0) -> httpx.Response:
        headers = {**bearer(self.tokens[who]), **PIECE, "Upload-Offset": str(offset)}
        request = httpx.Request(
            "PATCH",
            f"http://patrol.test/v1/photos/{name_of(photo)}",
            headers=headers,
            content=photo[offset:],
        )
        return self.ask.request(request)

    def get(self, who: str, path: str, **headers: str) -> httpx.Response:
        return self.ask.ask("GET", path, {**bearer(self.tokens[who]), **headers})

    def readings(self, worker: str) -> list[tuple]:
        return rows(
            self.dsn,
            "select reader, what, grid_id, hour is not null from access_log"  # noqa: S608 - a test's own
            f" where worker_id = '{worker}' or worker_ids @> array['{worker}'] order by 1, 4",
        )


@pytest.fixture(scope="module")
def world(shared_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("reports")
    fill(shared_database)
    execute(shared_database, AREAS)
    execute(shared_database, PEOPLE)
    tokens = {
        who: add_account(shared_database, who, *held, worker_id=worker)
        for who, (held, worker) in CAST.items()
    }
    readers = TokenFile(write_tokens(folder / "readers", TOKEN))
    terminals = TokenFile(write_tokens(folder / "terminals", "patrol_of-a-terminal" + "x" * 40))
    views = Views(shared_database, ApiSettings(wait_s=5))
    app = make_app(views, readers, Brought(store_in(folder / "photos"), terminals))
    with asyncio.Runner() as runner:
        life = app.router.lifespan_context(app)
        runner.run(life.__aenter__())
        yield World(shared_database, Asker(app, runner), tokens)
        runner.run(life.__aexit__(None, None, None))


def test_a_worker_tells_brings_and_sees_it_complete(world: World) -> None:
    photo = picture()
    told = world.told("li", photo, text="dark")
    brought = world.bring("li", photo)
    read = world.get("li", f"/v1/reports/{told['report_id']}").json()

    assert (told["photos_state"], told["awaited_since"]) == ("awaited", told["received_at"])
    assert brought.headers["Repr-Digest"].startswith("sha-256=:")
    assert (read["photos_state"], read["awaited_since"]) == ("complete", None)
    assert (read["worker_id"], read["account_id"], read["terminal_id"]) == ("W1", "li", None)
    assert (read["grid_id"], read["photos"][0]["state"]) == ("G1", "stored")
    assert rows(
        world.dsn,
        f"select kind, account_id, worker_id from work_order_event where order_id = '{told['order_id']}'",  # noqa: S608 - a test's own
    ) == [("open", "li", "W1")]


def test_told_again_it_is_what_it_was(world: World) -> None:
    told = world.told("li", text="first")
    again = world.tell("li", report_id=told["report_id"], text="second")

    assert (again.status_code, again.json()) == (200, told)


def test_a_supervisor_tells_and_the_place_says_the_grid(world: World) -> None:
    told = world.told("g1", place=IN_G2)

    assert (told["worker_id"], told["account_id"]) == (None, "g1")
    # In the other supervisor's grid: whoever told it may read it all the same.
    assert told["grid_id"] == "G2"
    assert world.get("g2", f"/v1/reports/{told['report_id']}").status_code == 200


def test_the_place_of_a_worker_who_is_off_duty_is_not_kept(world: World) -> None:
    told = world.told("wang", place=IN_G2)
    key = told["report_id"]

    assert (told["grid_id"], told["marks"]) == ("G2", ["no_fix"])
    assert rows(world.dsn, f"select fix_lat_e7 from photo_report where report_id = '{key}'") == [  # noqa: S608 - a test's own
        (None,)
    ]


def test_a_category_that_nobody_knows_is_kept_as_it_was_told(world: World) -> None:
    told = world.told("li", category="no.such")

    assert told["category"] == "no.such"


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"taken_at": (datetime.now(UTC) + timedelta(hours=2)).isoformat()}, 422),
        ({"taken_at": "2026-11-20T09:00:00"}, 422),
        ({"report_id": "00000000-0000-4000-8000-000000000000"}, 422),
        ({"text": "x" * 501}, 422),
        ({"resident": "somebody"}, 422),
        ({"photos": [{"sha256": "AB" * 32, "bytes": 1, "media_type": "image/jpeg"}]}, 422),
        ({"place": {"lat_deg": 91, "lon_deg": 0}}, 422),
    ],
)
def test_what_is_no_report_is_refused(world: World, changed: dict, status: int) -> None:
    assert world.tell("li", **changed).status_code == status


def test_a_department_tells_nothing(world: World) -> None:
    assert world.tell("lights").status_code == 403


def test_a_photo_that_never_comes_is_overdue(world: World) -> None:
    told = world.told("li", picture(shade=1))
    execute(
        world.dsn,
        "update photo_report set received_at = now() - interval '25 hours'"  # noqa: S608 - a test's own
        f" where report_id = '{told['report_id']}'",
    )
    read = world.get("g1", f"/v1/reports/{told['report_id']}").json()

    assert (read["photos_state"], read["photos"][0]["state"]) == ("overdue", "awaited")


def test_some_photos_make_a_part(world: World) -> None:
    first, second = picture(shade=2), picture(shade=3)
    told = world.told("li", first, second)
    world.bring("li", first)

    path = f"/v1/reports/{told['report_id']}"
    assert world.get("li", path).json()["photos_state"] == "partial"
    answer = world.get("li", f"{path}/photos/{name_of(second)}")
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (
        404,
        "photo-not-there",
    )


def test_others_are_shown_the_picture_alone_and_it_is_logged(world: World) -> None:
    photo = picture(shade=4)
    told = world.told("li", photo)
    world.bring("li", photo)
    path = f"/v1/orders/{told['order_id']}/photos/{name_of(photo)}"
    whole, small = world.get("g1", path), world.get("g1", f"{path}/thumbnail")

    assert (whole.status_code, small.status_code) == (200, 200)
    assert SECRET.encode() not in whole.content
    assert max(Image.open(BytesIO(small.content)).size) == 320
    assert whole.headers["Content-Type"] == small.headers["Content-Type"] == "image/jpeg"
    assert whole.headers["X-Content-Type-Options"] == "nosniff"
    assert whole.headers["Cache-Control"] == "private, no-cache"
    assert whole.headers["Content-Disposition"] == f'inline; filename="{name_of(photo)[:16]}.jpg"'
    again = world.get("g1", path, **{"If-None-Match": whole.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    logged = [one for one in world.readings("W1") if one[0] == "g1"]
    assert logged == [("g1", "photo", "G1", False)] * 2 + [("g1", "photo", "G1", True)]


def test_strangers_find_neither_report_nor_photo(world: World) -> None:
    photo = picture(shade=5)
    told = world.told("li", photo)
    world.bring("li", photo)
    report = f"/v1/reports/{told['report_id']}"
    photos = f"photos/{name_of(photo)}"

    for who in ("wang", "g2", "lights"):
        assert world.get(who, report).status_code == 404
        for path in (report, f"/v1/orders/{told['order_id']}"):
            assert world.get(who, f"{path}/{photos}").status_code == 404
            assert world.get(who, f"{path}/{photos}/thumbnail").status_code == 404
    assert [one for one in world.readings("W1") if one[0] in {"wang", "g2", "lights"}] == []


def test_what_the_camera_wrote_is_for_those_who_may_read_tracks(world: World) -> None:
    photo = picture(shade=6)
    told = world.told("li", photo)
    world.bring("li", photo)
    execute(
        world.dsn,
        "insert into work_order_department values"  # noqa: S608 - a test's own
        f" ('LIGHTS', now(), '{told['order_id']}')",
    )
    report = f"/v1/reports/{told['report_id']}"
    found = world.get("g1", f"{report}/exif").json()["photos"]

    assert found[0]["found"]["make"] == SECRET
    # A department sees the picture, and not where its worker was.
    assert world.get("lights", f"{report}/photos/{name_of(photo)}").status_code == 200
    assert world.get("lights", f"{report}/exif").status_code == 403


def test_a_photo_of_an_act_is_announced_and_brought_by_its_account(world: World) -> None:
    photo = picture(shade=7)
    body = {"sha256": name_of(photo), "bytes": len(photo), "media_type": "image/jpeg"}
    before = world.bring("lights", photo).status_code
    announced = world.ask.send("POST", "/v1/photos", body, token=world.tokens["lights"])
    by_another = world.bring("li", photo).status_code
    brought = world.bring("lights", photo)

    assert (before, announced.status_code, by_another) == (404, 201, 404)
    assert (announced.json()["is_stored"], brought.status_code) == (False, 204)
    again = world.ask.send("POST", "/v1/photos", body, token=world.tokens["lights"])
    assert again.json()["is_stored"] is True


def test_a_photo_of_an_act_is_shown_with_the_order(world: World) -> None:
    photo = picture(shade=8)
    told = world.told("li")
    body = {"sha256": name_of(photo), "bytes": len(photo), "media_type": "image/jpeg"}
    world.ask.send("POST", "/v1/photos", body, token=world.tokens["g1"])
    world.bring("g1", photo)
    execute(
        world.dsn,
        "insert into work_order_event (order_id, revision, at, kind, act, party, step, step_kind,"  # noqa: S608 - a test's own
        " category, severity, workflow_version, account_id, photos)"
        " select order_id, 2, now(), 'settle', 'settle', 'grid', step, step_kind, category,"
        f" severity, 1, 'g1', array['{name_of(photo)}'] from work_order"
        f" where order_id = '{told['order_id']}'",
    )
    path = f"/v1/orders/{told['order_id']}/photos/{name_of(photo)}"

    assert world.get("li", path).status_code == 200
    assert world.get("g2", path).status_code == 404


def test_what_is_no_picture_is_kept_and_never_shown(world: World) -> None:
    page = b"<script>alert(1)</script>"
    told = world.told("li", page)
    world.bring("li", page)
    path = f"/v1/reports/{told['report_id']}/photos/{name_of(page)}"

    for one in (path, f"{path}/thumbnail"):
        answer = world.get("li", one)
        assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (
            422,
            "photo-not-shown",
        )
