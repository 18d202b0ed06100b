"""A spool has one gateway, a file that stays, and a relay that tells how it is."""

import multiprocessing
import sqlite3

import pytest

from gateway.custody.alone import held_alone
from gateway.custody.errands import Errands
from gateway.custody.relaying import Orders, Relaying, Standing
from gateway.custody.spool import Spool
from patrol.errors import InputError, StateError
from runtime.cli import BAD_INPUT, main
from runtime.mqtt import BrokerSettings


@pytest.fixture
def path(tmp_path):
    """Return where a spool may be."""
    return tmp_path / "spool" / "s.sqlite"


def test_a_second_gateway_is_told_that_the_spool_is_anothers(path):
    with (
        held_alone(path),
        pytest.raises(InputError, match=r"another gateway's.*client_id"),
        held_alone(path),
    ):
        pass

    with held_alone(path):
        assert path.with_name("s.sqlite-lock").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("is_replaced", [False, True])
def test_a_spool_that_was_deleted_takes_nothing_more(path, is_replaced):
    with Spool(path) as spool:
        spool.check_file()
        # Its number is not free for another file as long as this one is open.
        path.unlink()
        if is_replaced:
            path.touch()
        with pytest.raises(sqlite3.OperationalError, match="deleted or replaced"):
            spool.check_file()


def test_commands_for_who_never_comes_do_not_stand_before_the_others(path):
    with held_alone(path):
        Spool(path).close()
        errands = Errands(path)
        with errands._open() as connection:
            connection.executemany(
                "insert into errand (terminal_id, what, argument, queued_at) values (?, '', '', '')",
                [("AWAY",)] * 1_500,
            )
        number = errands.queue("HERE", "locate", "", now="2026-03-02T04:00:00+00:00")

        assert [one.number for one in errands.due({"HERE"})] == [number]
        assert len(errands.due({"AWAY"})) == 1_000


def test_who_is_not_in_the_register_is_asked_nothing(path, monkeypatch):
    path.parent.mkdir()
    register = path.with_name("t.csv")
    register.write_text("protocol,identity,terminal_id\njt808,139,T1\n")
    monkeypatch.setenv("PATROL_GATEWAY_TERMINALS", str(register))
    monkeypatch.setenv("PATROL_GATEWAY_SPOOL", str(path))

    def ask(terminal: str) -> int:
        monkeypatch.setattr("sys.argv", ["patrol", "gateway", "ask", terminal, "locate"])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0)

    assert ask("T1") == 0
    assert ask("T2") == BAD_INPUT


@pytest.fixture
def relaying(path):
    """Return one whose process is this one."""
    found = Relaying(Orders(path, "g", 1, 1.0, BrokerSettings()))
    found._line, other = multiprocessing.Pipe()
    yield found, other
    found._line.close()
    other.close()


def test_a_relay_that_tells_nothing_any_more_is_not_taken_for_one_at_work(relaying):
    seen, other = relaying
    seen._heard_s -= 100.0
    seen.look()
    assert not seen.is_telling

    other.send(Standing(is_connected=True))
    seen.look()
    assert seen.is_telling
    assert seen.standing.is_connected


def test_a_relay_that_has_ended_is_no_riddle(relaying):
    seen, other = relaying
    other.close()

    with pytest.raises(StateError, match="ended by itself"):
        seen.look()
