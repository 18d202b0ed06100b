"""Whatever a person can set, call or receive is named in docs/reference."""

import argparse
import ast
import dataclasses
import importlib
import re
from collections.abc import Iterator
from datetime import date
from typing import Any, get_type_hints

import pytest

from patrol import messages, wire
from patrol.fix import epoch_of
from patrol.ids import PremisesId, TerminalId, WorkerId
from patrol.notices import checkins, daylist, events, plans, reports, today
from patrol.topics import Kind
from runtime.cli import make_parser
from runtime.settings import variable
from tests.house.tree import PROJECT, ROOMS, ROOT, pages, parse, python_files, shown

REFERENCE = {page.name: page.read_text(encoding="utf-8") for page in pages("docs/reference")}

POSITION = messages.Position(1_760_000_000_000, 1, 1, 1, 1, 1, 1, 1, 1, 2, 1, 1)
# One message of each kind with every field in it.
PAYLOADS = {
    Kind.POSITION: messages.encode_position(
        messages.PositionBatch(seq=1, source="agent", positions=(POSITION,), outbox="a")
    ),
    Kind.CHECKIN: checkins.encode_checkin(
        checkins.CheckIn(
            checkin_id="019aa9f2-6c1e-7d3a-9b52-0a1b2c3d4e5f",
            at=epoch_of(1_760_000_000_000),
            kind=checkins.CheckInKind.TAG,
            phase=checkins.Phase.BEGIN,
            premises_id=PremisesId("P1"),
            token="a",  # noqa: S106 - of no tag
            fix=POSITION,
        )
    ),
    Kind.EVENT: events.encode_event(
        events.TerminalEvent(
            event_id="019aa9f2-6c1e-7d3a-9b52-0a1b2c3d4e5f",
            at=epoch_of(1_760_000_000_000),
            kind=events.EventKind.THINNED,
            fix=POSITION,
            detail={"outbox": "a", "first": 1, "last": 2, "thinned": 1},
        )
    ),
    Kind.REPORT: reports.encode_report(
        reports.PhotoReport(
            report_id="019aa9f2-6c1e-7d3a-9b52-0a1b2c3d4e5f",
            taken_at=epoch_of(1_760_000_000_000),
            category="lamp",
            text="a",
            photos=(reports.Photo(sha256="0" * 64, bytes=1, media_type=reports.MediaType.JPEG),),
            marks=(reports.Mark.NO_EXIF,),
            facility_id="L1",
            fix=POSITION,
        )
    ),
    Kind.STATUS: messages.encode_status(
        messages.Status(state=messages.State.ONLINE, outbox="a", written=1, waiting=1, thinned=1)
    ),
    Kind.DUTY: plans.encode_plan(plans.DutyPlan(number=1), TerminalId("T1"), bytes(32)),
    Kind.DAY: today.encode_today(
        today.Today(
            worker_id=WorkerId("W1"),
            day=date(2026, 11, 20),
            computed_at=epoch_of(1_760_000_000_000),
            provisional=True,
            presence=today.Presence(
                duty_s=1, excused_s=0, proven_s=1, plausible_s=0, outside_s=0, unknown_s=0
            ),
            visit_time=today.VisitTime(visit_s=1, low_s=1, high_s=1),
            judgements={},
        )
    ),
    Kind.LIST: daylist.encode_list(
        daylist.DayList(
            worker_id=WorkerId("W1"),
            day=date(2026, 11, 20),
            computed_at=epoch_of(1_760_000_000_000),
            tasks=(
                daylist.Task(
                    kind=daylist.TaskKind.VISIT,
                    key="P1",
                    name="a",
                    why=daylist.Why.WISHED,
                    seen=daylist.Seen.UNKNOWN,
                    reason="follow_up",
                    category="lamp",
                    spot=daylist.Spot(1, 1),
                    leg_m=1,
                    due_at=epoch_of(1_760_000_000_000),
                    last_on=date(2026, 11, 1),
                ),
            ),
            guides={"lamp": daylist.Guide({"en": "a"}, {"en": "a"}, {"en": "a"}, {"en": "a"})},
        )
    ),
    Kind.STORED: messages.encode_stored(messages.Stored(outbox="a", fixes=((1, 1),), ids=("a",))),
}


def commands(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Yield every command that does something by itself."""
    inner = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    if not inner:
        yield parser
    for action in inner:
        for child in action.choices.values():
            yield from commands(child)


def options(parser: argparse.ArgumentParser) -> list[str]:
    """Return the options of a command, as they are given."""
    return [
        name for a in parser._actions for name in a.option_strings if name not in {"-h", "--help"}
    ]


def settings() -> Iterator[tuple[str, type]]:
    """Yield the sections of the settings file and the classes that describe them."""
    for path in python_files(*ROOMS):
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.ClassDef) and "= setting(" in ast.unparse(node):
                module = importlib.import_module(shown(path)[: -len(".py")].replace("/", "."))
                yield module.SECTION, getattr(module, node.name)


def row(section: str, one: "dataclasses.Field[Any]", kind: object) -> str:
    """Return the line of docs/reference/settings.md about one setting."""
    default = {dataclasses.MISSING: "required", None: "none"}.get(one.default, f"`{one.default}`")
    kind = getattr(kind, "__name__", str(kind)) if isinstance(kind, type) else str(kind)
    shown_kind = kind.replace("pathlib._local.", "").replace("pathlib.", "").replace(" | None", "")
    text = one.metadata["text"]
    name = variable(section, one.name)
    return f"| `{one.name}` | `{name}` | {shown_kind} | {default} | {text} |"


@pytest.mark.parametrize(("section", "described"), list(settings()))
def test_every_setting_is_described(section: str, described: type) -> None:
    hints = get_type_hints(described)
    rows = [row(section, one, hints[one.name]) for one in dataclasses.fields(described)]
    page = REFERENCE["settings.md"].splitlines()

    assert f"## [{section}]" in page
    missing = "\n".join(line for line in rows if line not in page)
    assert not missing, f"docs/reference/settings.md lacks\n{missing}"


@pytest.mark.parametrize("command", list(commands(make_parser())), ids=lambda c: c.prog)
def test_every_command_and_option_is_described(command: argparse.ArgumentParser) -> None:
    described = [page for page in REFERENCE.values() if command.prog in page]

    assert described, f"no page of docs/reference names `{command.prog}`"
    assert [name for name in options(command) if not any(name in page for page in described)] == []


@pytest.mark.parametrize("kind", list(Kind))
def test_every_field_of_a_message_is_described(kind: Kind) -> None:
    fields = wire.decode(PAYLOADS[kind])

    assert f"/{kind}`" in REFERENCE["wire.md"]
    assert [name for name in fields if f"`{name}`" not in REFERENCE["wire.md"]] == []


def test_the_messages_read_here_have_every_field() -> None:
    written = {column for kind in PAYLOADS for column in wire.decode(PAYLOADS[kind])}

    assert set(messages.COLUMNS) < written


def test_every_view_that_answers_read_is_described() -> None:
    views = {
        name
        for path in (ROOT / "ingest").rglob("*.sql")
        for name in re.findall(r"view\s+(v\d+_\w+)", path.read_text(encoding="utf-8"))
    }

    assert views, "the API reads views, and no migration makes one"
    text = "\n".join(REFERENCE.values())
    assert [name for name in sorted(views) if f"`{name}`" not in text] == []


def test_every_dependency_is_explained() -> None:
    project, groups = PROJECT["project"], PROJECT["dependency-groups"]
    extras = project["optional-dependencies"].values()
    lists = [project["dependencies"], *extras, *groups.values()]
    direct = {
        re.split(r"[\[<>=]", one)[0] for all_of in lists for one in all_of if isinstance(one, str)
    }
    page = (ROOT / "docs" / "explanation" / "dependencies.md").read_text(encoding="utf-8")

    assert [name for name in sorted(direct) if not re.search(rf"\b{name}\b", page)] == []


def test_every_link_leads_somewhere() -> None:
    dead = [
        f"{shown(page)}: {target}"
        for page in (*pages(), *ROOT.glob("*.md"))
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]

    assert dead == []
