"""The tokens file: how it is made, and what is refused."""

import hashlib
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.auth import MIN_CHARS, PREFIX, TokenFile, add_token, read_tokens
from patrol.errors import InputError
from tests.asking import TOKEN, write_tokens


def test_a_token_that_was_made_is_known_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    first, second = add_token(path, "map"), add_token(path, "office")

    tokens = TokenFile(path)
    assert (tokens.name_of(first), tokens.name_of(second)) == ("map", "office")
    assert first != second


def test_the_file_holds_hashes_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    token = add_token(path, "map")

    assert path.read_text() == f"map {hashlib.sha256(token.encode()).hexdigest()}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_token_is_long_and_can_be_recognised(tmp_path: Path) -> None:
    token = add_token(tmp_path / "tokens", "map")

    assert token.startswith(PREFIX)
    assert len(token) >= MIN_CHARS


def test_a_last_line_without_an_end_is_kept_apart(tmp_path: Path) -> None:
    path = write_tokens(tmp_path / "tokens", TOKEN)
    path.write_text(path.read_text().rstrip("\n"))
    add_token(path, "map")

    assert [one.name for one in read_tokens(path)] == ["reader-0", "map"]


def test_a_name_that_is_taken_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    add_token(path, "map")

    with pytest.raises(InputError, match="'map' already"):
        add_token(path, "map")
    assert len(read_tokens(path)) == 1


@pytest.mark.parametrize("name", ["", "a b", "a\nb", "#a", "ä"])
def test_a_name_is_an_id(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="token name"):
        add_token(tmp_path / "tokens", name)
    assert not (tmp_path / "tokens").exists()


def test_remarks_and_empty_lines_are_passed_over(tmp_path: Path) -> None:
    path = write_tokens(tmp_path / "tokens", TOKEN)
    path.write_text(f"# the map in the office\n\n  {path.read_text()}\n")

    assert len(read_tokens(path)) == 1


@pytest.mark.parametrize(
    ("mode", "text", "advice"),
    [
        (0o600, "", "make a token with `patrol api token NAME"),
        (0o600, "# nobody\n", "make a token with `patrol api token NAME"),
        (0o600, "somebody a-token-in-clear\n", "line 1 is not"),
        (0o600, f"# a\nsomebody {'0' * 63}\n", "line 2 is not"),
        (0o640, f"somebody {'0' * 64}\n", "chmod 600"),
        (0o604, f"somebody {'0' * 64}\n", "chmod 600"),
        (0o620, f"somebody {'0' * 64}\n", "chmod 600"),
    ],
)
def test_a_file_that_cannot_be_used_says_what_to_do(
    tmp_path: Path, mode: int, text: str, advice: str
) -> None:
    path = tmp_path / "tokens"
    path.write_text(text)
    path.chmod(mode)

    with pytest.raises(InputError, match=advice) as raised:
        read_tokens(path)
    assert str(path) in str(raised.value)
    assert "a-token-in-clear" not in str(raised.value)


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist: make a token with"):
        read_tokens(tmp_path / "tokens")


@pytest.mark.parametrize("content", [b"\xff\xfe", None])
def test_what_is_no_text_cannot_be_read(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "tokens"
    path.mkdir(0o700) if content is None else path.write_bytes(content)

    with pytest.raises(InputError, match="cannot be read"):
        read_tokens(path)


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        add_token(tmp_path / "none" / "tokens", "map")


def test_a_file_that_changed_is_read_again(tmp_path: Path) -> None:
    path = write_tokens(tmp_path / "tokens", TOKEN)
    tokens = TokenFile(path)
    before = tokens.name_of(TOKEN)
    write_tokens(path, TOKEN[::-1])

    assert (before, tokens.name_of(TOKEN)) == ("reader-0", None)


def test_another_file_of_the_same_size_and_time_is_read_too(tmp_path: Path) -> None:
    path = write_tokens(tmp_path / "tokens", TOKEN)
    tokens = TokenFile(path)
    tokens.read()
    other = write_tokens(tmp_path / "other", TOKEN[::-1])
    found = path.stat()
    os.utime(other, ns=(found.st_atime_ns, found.st_mtime_ns))
    other.replace(path)

    assert tokens.name_of(TOKEN) is None


def test_after_a_file_that_cannot_be_used_no_old_token_is_good(tmp_path: Path) -> None:
    path = write_tokens(tmp_path / "tokens", TOKEN)
    tokens = TokenFile(path)
    assert tokens.name_of(TOKEN)
    path.chmod(0o644)

    for _ in range(2):
        with pytest.raises(InputError):
            tokens.name_of(TOKEN)


@given(st.text(max_size=MIN_CHARS - 1))
def test_a_short_token_is_never_good_even_with_its_hash_in_the_file(
    tmp_path_factory: pytest.TempPathFactory, weak: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "weak"
    write_tokens(path, weak)

    assert TokenFile(path).name_of(weak) is None
