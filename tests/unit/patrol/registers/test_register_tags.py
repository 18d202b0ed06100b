"""Tags at doors: never their tokens, and from when until when they hang where."""

from datetime import UTC, datetime
from hashlib import sha256

import pytest

from patrol.registers.files import Problems, Text
from patrol.registers.tags import read_tags

HEADER = "token,premises_id,valid_from,valid_to\n"


def test_a_token_is_kept_as_its_hash_alone():
    (row,) = read_tags(Text("tags.csv", f"{HEADER}door-17,P1,,\n"), Problems())

    assert row.content == (sha256(b"door-17").digest(), "P1", None, None)
    assert "door-17" not in repr(row)


def test_a_tag_hangs_for_a_while():
    line = "door-17,P1,2026-03-01T00:00:00Z,2026-04-01T08:00:00+08:00"

    (row,) = read_tags(Text("tags.csv", f"{HEADER}{line}\n"), Problems())

    assert (row.valid_from, row.valid_to) == (
        datetime(2026, 3, 1, tzinfo=UTC),
        datetime(2026, 4, 1, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (",P1,,", "token"),
        ("door,P 1,,", "premises_id 'P 1' is not an id"),
        ("door,P1,soon,", "valid_from 'soon' is not a time"),
        ("door,P1,2026-03-01T00:00:00Z,2026-03-01T00:00:00Z", "valid_to is not after valid_from"),
    ],
)
def test_a_bad_tag_is_named_by_its_line(line, reason):
    problems = Problems()

    assert read_tags(Text("tags.csv", f"{HEADER}{line}\n"), problems) == []
    assert f"line 2: {reason}" in problems.found[0]
