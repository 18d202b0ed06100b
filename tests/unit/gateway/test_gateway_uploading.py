"""Where photos of terminals may go, in which order, and what is done with spoilt ones."""

import hashlib
import os
from pathlib import Path

import pytest

from gateway.custody.photos import PhotoFolder, Picture
from gateway.settings import GatewaySettings
from patrol.errors import InputError
from patrol.ids import TerminalId

T1, T2 = TerminalId("T1"), TerminalId("T2")


def picture(terminal: TerminalId, data: bytes) -> Picture:
    return Picture(terminal, hashlib.sha256(data).hexdigest(), data)


@pytest.fixture
def folder(tmp_path: Path) -> PhotoFolder:
    return PhotoFolder(tmp_path / "s.sqlite", most_bytes=1000)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://patrol.example", "[gateway] photo_url is 'http://patrol.example': give https://"),
        ("https://patrol.example", "[gateway] photo_token_file is not set"),
        ("https://patrol.example?x=1", "[gateway] photo_url"),
        ("ftp://127.0.0.1", "[gateway] photo_url"),
    ],
)
def test_photos_go_nowhere_but_to_a_server_that_can_be_verified(tmp_path, url, reason):
    with pytest.raises(InputError) as refused:
        GatewaySettings(terminals=tmp_path, photo_url=url)
    assert reason in str(refused.value)


def test_the_oldest_photo_of_all_terminals_is_the_first(folder):
    one, two, three = (
        picture(terminal, data) for terminal, data in ((T2, b"1"), (T1, b"2"), (T2, b"3"))
    )
    for at, kept in enumerate((three, one, two)):
        folder.put(kept)
        os.utime(folder.path_of(f"{kept.terminal_id}/{kept.sha256}"), (at, at))

    assert folder.names() == [f"{one.terminal_id}/{one.sha256}" for one in (three, one, two)]


def test_the_same_picture_of_two_terminals_is_two_reports_photos(folder):
    for terminal in (T1, T2):
        folder.put(picture(terminal, b"same"))
    name = picture(T1, b"same").sha256
    folder.forget(f"T1/{name}")

    assert folder.names() == [f"T2/{name}"]


def test_photos_of_all_terminals_together_are_bounded(folder):
    folder.put(picture(T1, bytes(600)))

    with pytest.raises(OSError, match="photos_most_mb"):
        folder.put(picture(T2, b"x" * 600))
    assert len(folder.names()) == 1


def test_a_spoilt_photo_is_set_aside(folder):
    folder.put(picture(T1, b"sound"))
    name = f"T1/{picture(T1, b'sound').sha256}"
    assert folder.is_whole(name)
    folder.path_of(name).write_bytes(b"spoil")

    assert not folder.is_whole(name)
    assert folder.names() == []


def test_what_a_killed_process_left_unfinished_goes_when_it_is_old(folder):
    folder.put(picture(T1, b"whole"))
    old, young = (folder.folder / "T1" / f"{name}.part" for name in ("old", "young"))
    for part in (old, young):
        part.write_bytes(b"x")
    os.utime(old, (0, 0))
    folder.clear_parts()

    assert (old.exists(), young.exists(), len(folder.names())) == (False, True, 1)
