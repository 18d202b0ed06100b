"""Where photos are kept: the folder as it ever was, and a bucket, by a server that speaks S3."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from moto.server import ThreadedMotoServer

from api.photos.objects import SHELVES, ObjectsError
from api.photos.settings import open_store
from api.photos.store import DiffersError, NotKeptError, PhotoStore
from api.photos.tidying import Tidier
from api.settings import ApiSettings
from api.views import Views
from patrol.errors import InputError
from tests.district import rows
from tests.photos import bring, name_of, picture
from tests.unit.api.test_photo_cleaning import PICTURES

KEYS = "an-id\na-key\n"


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def bucket_settings(folder: Path, url: str, bucket: str = "photos") -> ApiSettings:
    keys = folder / "keys"
    keys.write_text(KEYS)
    return ApiSettings(
        photo_folder=folder / "photos",
        terminal_tokens_file=folder / "tokens",
        photo_store="s3",
        s3_endpoint=url,
        s3_bucket=bucket,
        s3_key_file=keys,
    )


def opened(settings: ApiSettings) -> PhotoStore:
    store = open_store(settings, {})
    assert store is not None
    return store


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> PhotoStore:
    if request.param == "folder":
        folder = tmp_path / "photos"
        return opened(ApiSettings(photo_folder=folder, terminal_tokens_file=tmp_path / "tokens"))
    url = request.getfixturevalue("s3")
    name = tmp_path.name.replace("_", "-").lower()
    assert httpx.put(f"{url}/{name}").status_code == 200
    return opened(bucket_settings(tmp_path, url, name))


def test_a_photo_that_has_come_is_there_whole_and_its_part_is_gone(store: PhotoStore) -> None:
    photo = picture()
    stored = bring(store, photo)

    assert (stored.bytes, stored.media_type) == (len(photo), "image/jpeg")
    assert store.objects.read(name_of(photo)) == photo
    assert store.objects.size(name_of(photo)) == len(photo)
    assert list((store._folder / "partial").iterdir()) == []
    assert store.received("T01", name_of(photo), size=len(photo)) is None
    assert store.go_on("T01", name_of(photo), offset=0, size=len(photo)) is None


def test_a_photo_comes_in_pieces_and_after_a_break(store: PhotoStore) -> None:
    photo = picture()
    first = store.go_on("T01", name_of(photo), offset=0, size=len(photo))
    assert first is not None
    first.write([photo[:10], photo[10:1000]])
    first.close()
    assert store.received("T01", name_of(photo), size=len(photo)) == 1000
    second = store.go_on("T01", name_of(photo), offset=1000, size=len(photo))
    assert second is not None
    second.finish([photo[1000:]])
    second.close()

    assert store.objects.read(name_of(photo)) == photo


def test_another_photo_than_announced_is_not_kept(store: PhotoStore) -> None:
    incoming = store.go_on("T01", name_of(b"announced"), offset=0, size=9)
    assert incoming is not None
    with pytest.raises(DiffersError):
        incoming.finish([b"different"])
    incoming.close()

    assert store.objects.size(name_of(b"announced")) is None
    assert store.received("T01", name_of(b"announced"), size=9) == 0


def test_a_shelf_tells_its_photos_and_what_is_dropped_is_gone(store: PhotoStore) -> None:
    photo = PICTURES["PNG"]
    bring(store, photo)
    store.objects.put_thumbnail(name_of(photo), b"small")
    shelves = {shelf: [*store.objects.on_shelf(shelf)] for shelf in SHELVES[::16]}
    own = [*store.objects.on_shelf(name_of(photo)[:2])]

    assert sum(map(len, shelves.values())) <= 1
    assert [(one.name, one.size) for one in own] == [(name_of(photo), len(photo))]
    assert store.objects.read(name_of(photo), is_thumbnail=True) == b"small"
    store.objects.drop(name_of(photo))
    store.objects.drop(name_of(photo))
    assert store.objects.size(name_of(photo)) is None
    assert store.objects.read(name_of(photo), is_thumbnail=True) is None


def test_the_folder_is_laid_out_as_it_ever_was(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    store = opened(ApiSettings(photo_folder=folder, terminal_tokens_file=tmp_path))
    bring(store, b"photo")

    kept = folder / name_of(b"photo")[:2] / name_of(b"photo")
    assert kept.read_bytes() == b"photo"
    assert (kept.stat().st_mode & 0o777, kept.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_file_and_shelf_are_on_the_disk_before_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "photos"
    store = opened(ApiSettings(photo_folder=folder, terminal_tokens_file=tmp_path))
    synced: list[str] = []
    fsync = os.fsync

    def watched(handle: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{handle}").readlink().relative_to(folder)))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", watched)
    bring(store, b"photo")

    name = name_of(b"photo")
    assert synced == [f"partial/T01.{name}", name[:2]]


def test_a_bucket_that_is_away_keeps_the_part_for_the_next_attempt(tmp_path: Path) -> None:
    settings = bucket_settings(tmp_path, "http://127.0.0.1:9")
    store = opened(settings)
    part = tmp_path / "photos" / "partial" / f"T01.{name_of(b'photo')}"
    part.write_bytes(b"pho")

    incoming = store.go_on("T01", name_of(b"photo"), offset=3, size=5)
    assert incoming is not None
    with pytest.raises(NotKeptError) as refused:
        incoming.finish([b"to"])
    incoming.close()

    assert part.read_bytes() == b"photo"
    assert "a-key" not in str(refused.value)
    assert "an-id" not in str(refused.value)


def test_a_bucket_that_does_not_know_us_says_so_without_the_key(s3: str, tmp_path: Path) -> None:
    store = opened(bucket_settings(tmp_path, s3, "no-such-bucket"))

    with pytest.raises(ObjectsError) as refused:
        store.objects.put_thumbnail("ab" * 32, b"x")
    assert "a-key" not in str(refused.value)


def test_a_bucket_is_tidied_like_a_folder(s3: str, tmp_path: Path, database: str) -> None:
    assert httpx.put(f"{s3}/tidied").status_code == 200
    store = opened(bucket_settings(tmp_path, s3, "tidied"))
    bring(store, b"lost")
    rows_of = "insert into photo (sha256, bytes) values (sha256('lost'), 4), (sha256('gone'), 4)"
    announced = (
        "insert into announced_photo select '@li', sha256, 4, 'image/jpeg' from photo returning 1"
    )
    rows(database, f"{rows_of} returning 1")
    rows(database, announced)

    async def tidy() -> int:
        views = Views(database, ApiSettings())
        await views.open()
        try:
            tidied = await Tidier(views=views, store=store, orphan_days=7).tidy()
        finally:
            await views.close()
        return -1 if tidied is None else tidied.missing

    assert asyncio.run(tidy()) == 1
    assert rows(database, "select sha256 from v1_photo where not is_there") == [(name_of(b"gone"),)]


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"photo_store": "tape"}, "photo_store"),
        ({"photo_store": "s3"}, "s3_bucket"),
        ({"s3_endpoint": "objects.city.example"}, "s3_endpoint"),
        ({"photo_orphan_days": 0}, "photo_orphan_days"),
        ({"photo_patience_h": 0.0}, "photo_patience_h"),
    ],
)
def test_settings_that_cannot_be_are_named(changed: dict, named: str) -> None:
    with pytest.raises(InputError, match=named):
        ApiSettings(**changed)


def test_keys_come_from_the_environment_or_are_asked_for(tmp_path: Path) -> None:
    settings = ApiSettings(
        photo_folder=tmp_path / "photos",
        terminal_tokens_file=tmp_path,
        photo_store="s3",
        s3_bucket="photos",
    )
    given = {"AWS_ACCESS_KEY_ID": "an-id", "AWS_SECRET_ACCESS_KEY": "a-key"}

    assert open_store(settings, given) is not None
    with pytest.raises(InputError, match="s3_key_file"):
        open_store(settings, {})
