"""The commands that the README names are those that are run."""

import re

import pytest

from tests.house.tree import ROOT

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
PIN = re.compile(r"^([\w.-]+==\S+.*?) *\\$", re.MULTILINE)


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_what_the_readme_says_is_what_is_run(page: str) -> None:
    run = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    steps = re.findall(r"^step make (?:--\S+ )*([a-z ]+)", run, re.MULTILINE)
    said = (ROOT / page).read_text(encoding="utf-8").splitlines()

    # `rules` is what `make check` adds to the tests.
    assert [step.split() for step in steps] == [["test"], ["demo", "rules"]]
    assert {"make test", "make demo"} <= set(said)


def test_every_make_target_that_a_page_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
    named = {
        target
        for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"))
        for target in re.findall(r"`make ([a-z-]+)", page.read_text(encoding="utf-8"))
    }

    assert named - targets == set()


def test_the_demo_runs_on_the_versions_that_are_tested() -> None:
    assert pins("demo") - pins("dev") == set()


def pins(lock: str) -> set[str]:
    """Return the pinned versions of one lock file."""
    return set(PIN.findall((ROOT / "requirements" / f"{lock}.lock").read_text(encoding="utf-8")))
