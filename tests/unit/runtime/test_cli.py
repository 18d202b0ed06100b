"""The one command and the rooms behind it."""

import argparse
from importlib.metadata import EntryPoint

import pytest
import structlog

from runtime import cli


@pytest.fixture(autouse=True)
def _as_before():
    """Let no other test write to the standard error that this one had."""
    yield
    structlog.reset_defaults()


def test_a_part_that_is_not_installed_names_its_extra(capsys, monkeypatch) -> None:
    def load(_entry: EntryPoint) -> None:
        raise ModuleNotFoundError("No module named 'numpy'", name="numpy")

    monkeypatch.setattr(EntryPoint, "load", load)

    assert cli.run(["simulate", "city", "--out", "x"]) == cli.BAD_INPUT
    assert "install gridpatrol[simulator]" in capsys.readouterr().err


def test_a_part_that_is_not_installed_does_not_hide_the_others(monkeypatch) -> None:
    def load(entry: EntryPoint) -> object:
        if entry.name == "api":
            raise ModuleNotFoundError("No module named 'fastapi'", name="fastapi")
        return lambda rooms: rooms.add_parser(entry.name).set_defaults(command=int)

    monkeypatch.setattr(EntryPoint, "load", load)

    assert cli.make_parser().parse_args(["device"]) == argparse.Namespace(
        log_level="info", command=int
    )


def test_no_command_is_an_error_of_use() -> None:
    with pytest.raises(SystemExit) as ended:
        cli.run([])

    assert ended.value.code == 2
