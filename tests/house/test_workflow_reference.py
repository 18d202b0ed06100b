"""Every key of a workflow, and every word that it may hold, is described."""

import re
from enum import StrEnum

import pytest

from patrol.workorders.reading.tables import Table
from patrol.workorders.terms import Concern, Until
from patrol.workorders.values import ActKind, Need, Party, Severity, StepKind
from patrol.workorders.workflow import DEFAULT_TEXT, read_workflow
from tests.house.tree import ROOT

PAGE = (ROOT / "docs" / "reference" / "work-orders.md").read_text(encoding="utf-8")
EVERYTHING = f"{DEFAULT_TEXT}\n[quota]\nvalid_reports_a_month = 1\n"
# Every weekday is one, and words are in both languages.
SAID_ONCE = re.compile(r"\.(?:en|zh|tuesday|wednesday|thursday|friday|saturday)$")


def asked(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Return the paths of all keys that reading a workflow asks for."""
    found: set[str] = set()
    take = Table._take

    def note(self: Table, key: str, *, default: object = None) -> object:
        found.add(re.sub(r"\[\d+\]", "", self.path(key)))
        return take(self, key, default=default)

    monkeypatch.setattr(Table, "_take", note)
    read_workflow(EVERYTHING)
    return {one for one in found if not SAID_ONCE.search(one)}


def test_every_key_is_described(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = asked(monkeypatch)

    assert {"acts.from", "escalations.every", "quota.valid_reports_a_month"} < keys
    assert [one for one in sorted(keys) if f"`{one}`" not in PAGE] == []


def test_no_key_is_described_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| `")]
    named = {one for line in rows for one in re.findall(r"`(\w+(?:\.\w+)+)`", line.split("|")[1])}

    assert named - asked(monkeypatch) <= {"calendar.sunday"}


@pytest.mark.parametrize("kind", [ActKind, StepKind, Need, Severity, Until, Concern, Party])
def test_every_word_is_described(kind: type[StrEnum]) -> None:
    # Time has no account: nothing in a workflow is done by the clock's party.
    assert [one for one in kind if f"`{one}`" not in PAGE and one != Party.CLOCK] == []
