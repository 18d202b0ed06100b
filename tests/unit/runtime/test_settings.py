"""Settings: what is given becomes what is meant, or is refused by name."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from patrol.errors import InputError
from runtime.settings import load, read_file, setting


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One setting of each kind."""

    name: str = setting(text="required")
    count: int = setting(1, text="a whole number")
    every_s: float = setting(2.0, text="a number")
    is_on: bool = setting(default=False, text="yes or no")
    file: Path | None = setting(None, text="a path, or none")


def sample(environment: dict[str, str] | None = None, **table: object) -> Sample:
    return load(Sample, "sample", file={"sample": table}, environment=environment or {})


def test_the_environment_wins_over_the_file():
    assert sample({"PATROL_SAMPLE_COUNT": "3"}, name="a", count=2).count == 3


def test_each_kind_is_made_of_what_a_file_and_an_environment_hold():
    made = sample({"PATROL_SAMPLE_IS_ON": "yes"}, name=7, every_s=1, file="/a")

    assert made == Sample(name="7", every_s=1.0, is_on=True, file=Path("/a"))


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ({}, "name is not set: give .* or PATROL_SAMPLE_NAME"),
        ({"name": "a", "cuont": 1}, r"\[sample\] cuont is not a setting; known: name, count"),
        ({"name": "a", "count": "many"}, r"\[sample\] count is 'many', which is no int"),
        ({"name": "a", "count": 2.7}, r"count is 2\.7, which is no int"),
        ({"name": "a", "count": True}, "count is True, which is no int"),
        ({"name": ["a"]}, r"name is \['a'\], which is no str"),
        ({"name": "a", "is_on": "perhaps"}, "is_on is 'perhaps', which is no bool"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(table, reason):
    with pytest.raises(InputError, match=reason):
        sample(**table)


def test_a_file_that_is_no_toml_is_named(tmp_path):
    (tmp_path / "some.toml").write_text("[")

    with pytest.raises(InputError, match=r"some\.toml is not TOML"):
        read_file(tmp_path / "some.toml")
