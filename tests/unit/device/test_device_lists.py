"""The list of the day on a terminal: heard, kept for times without a network, shown."""

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

import device.window
from device.clock import Clock
from device.duty import Duty
from device.outbox import Outbox
from device.settings import DeviceSettings
from device.window.board import Board
from device.window.looks import Parts, look
from device.window.tasks import KeptList
from patrol.ids import WorkerId
from patrol.notices.daylist import (
    DayList,
    Guide,
    Seen,
    Spot,
    Task,
    TaskKind,
    Why,
    encode_list,
)
from patrol.workorders.daylist import WISH_REASONS
from tests.unit.device.terminal import write_key

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
WORDS = {"en": "a", "zh": "甲"}
LIST = DayList(
    worker_id=WorkerId("W1"),
    day=date(2026, 11, 20),
    computed_at=NOW,
    tasks=(
        Task(
            kind=TaskKind.VISIT,
            key="P1",
            name="3 号楼",
            why=Why.NEVER_VISITED,
            seen=Seen.UNKNOWN,
            category="lamp",
            spot=Spot(306600000, 1040600000),
            leg_m=120,
            due_at=NOW,
            last_on=date(2026, 9, 1),
        ),
    ),
    guides={"lamp": Guide(WORDS, WORDS, WORDS, WORDS)},
)


@pytest.fixture
def board() -> Board:
    return Board()


def test_a_list_is_there_again_after_a_start_without_a_network(tmp_path, board):
    KeptList(tmp_path / "plan", Board()).take(encode_list(LIST))
    KeptList(tmp_path / "plan", board)

    assert board.daylist == LIST


def test_the_copy_is_for_the_agent_alone(tmp_path, board):
    KeptList(tmp_path / "plan", board).take(encode_list(LIST))

    assert {one.name: one.stat().st_mode & 0o077 for one in tmp_path.iterdir()} == {"plan.list": 0}


def test_an_empty_message_takes_the_list_away_for_good(tmp_path, board):
    kept = KeptList(tmp_path / "plan", board)
    kept.take(encode_list(LIST))
    kept.take(b"")
    KeptList(tmp_path / "plan", board)

    assert board.daylist is None
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_list_leaves_the_one_that_is_there(tmp_path, board):
    kept = KeptList(tmp_path / "plan", board)
    kept.take(encode_list(LIST))
    with capture_logs() as logs:
        kept.take(b"{}")

    assert board.daylist == LIST
    assert [one["event"] for one in logs] == ["window.list_refused"]


def test_a_disk_that_takes_nothing_hides_no_list(tmp_path, board):
    (tmp_path / "plan.list.new").mkdir()
    with capture_logs() as logs:
        KeptList(tmp_path / "plan", board).take(encode_list(LIST))

    assert board.daylist == LIST
    assert [one["event"] for one in logs] == ["window.list_not_kept"]


def test_the_window_shows_the_list_without_coordinates(tmp_path):
    settings = DeviceSettings(
        terminal_id="T01",
        port="/dev/null",
        outbox=tmp_path / "outbox.sqlite",
        plan_file=tmp_path / "plan",
        plan_key_file=write_key(tmp_path),
        page_port=0,
    )
    with Outbox(settings.outbox):
        pass
    parts = Parts(settings, Duty(settings), Clock(lambda: NOW, is_played=True), Board())
    before = look(parts)["list"]
    parts.board.daylist = LIST
    shown = look(parts)["list"]
    parts.board.daylist = replace(LIST, tasks=(replace(LIST.tasks[0], last_on=None, due_at=None),))
    bare = look(parts)["list"]["tasks"][0]

    assert before is None
    assert shown["tasks"] == [
        {
            "kind": "visit",
            "key": "P1",
            "name": "3 号楼",
            "why": "never_visited",
            "seen": "unknown",
            "reason": None,
            "category": "lamp",
            "leg_m": 120,
            "due_at": "2026-11-20T03:00:00.000Z",
            "last_on": "2026-09-01",
        }
    ]
    assert shown["guides"]["lamp"]["look_at"] == WORDS
    assert (bare["last_on"], bare["due_at"]) == (None, None)
    assert "3066" not in json.dumps(shown)


def test_the_window_has_words_for_whatever_a_list_says():
    words = (Path(device.window.__file__).parent / "page" / "words.js").read_text("utf-8")
    wanted = {
        *(f"kind_{one}" for one in TaskKind),
        *(f"why_{one}" for one in Why),
        *(f"seen_{one}" for one in Seen),
        *(f"wish_{one}" for one in WISH_REASONS),
        *("look_at", "photograph", "climb_when"),
    }

    assert wanted - set(re.findall(r"^    (\w+):", words, re.MULTILINE)) == set()
