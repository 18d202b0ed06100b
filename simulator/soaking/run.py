"""A soak from beginning to end."""

import os
import random
import shutil
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from patrol.errors import InputError, StateError
from simulator.chaos.database import Database, own_database
from simulator.chaos.lines import Far, Line, Loop
from simulator.services import EmbeddedPostgres, end_child, start_broker, start_child
from simulator.services.brokers import LOOPBACK
from simulator.soaking.month import TERMINAL, Month, Shift, Trouble, cut_up
from simulator.soaking.reckoning import Account
from simulator.soaking.terminal import Terminal

_PATROL = [sys.executable, "-c", "from runtime.cli import main; main()"]
_MOST_AWAY_S = 1.0
# What is on the line when the agent is killed.
_AMID_KILL = 40
_LONGEST_AMID_S = 0.3


def run_soak(month: Month, folder: Path, *, dsn: str | None) -> int:
    """Play the month and return 0 when every fix is accounted for."""
    began_s = time.monotonic()
    with ExitStack() as ends:
        soak = _Soak(month, _clear(folder), dsn=dsn, ends=ends)
        for shift in month.shifts():
            soak.play(shift)
        account = soak.close(shift)
    _say("\n".join(account.lines()))
    _say(f"Took {time.monotonic() - began_s:.0f} s; logs are in {folder}.")
    return 1 if account.wrong else 0


class _Soak:
    """The parts of one soak; `ends` ends them."""

    def __init__(self, month: Month, folder: Path, *, dsn: str | None, ends: ExitStack) -> None:
        self._folder = folder
        self._chance = random.Random(month.first.seed)  # noqa: S311 - the same seed, the same month
        self._account = Account()
        self._is_cut = False
        broker = start_broker(folder / "broker")
        ends.callback(broker.stop)
        self._database = self._make_database(dsn, ends)
        loop = Loop()
        ends.callback(loop.stop)
        self._line = Line(Far(LOOPBACK, broker.port))
        self._line.start(loop)
        environment = {
            "PATROL_BROKER_HOST": LOOPBACK,
            "PATROL_BROKER_PORT": str(broker.port),
            "PATROL_BROKER_PROTOCOL": broker.protocol,
            "PATROL_DATABASE_DSN": self._database.dsn,
        }
        self._prepare(month, environment)
        log = folder / "ingest.log"
        ingest = start_child([*_PATROL, "ingest", "run"], log=log, environment=environment)
        ends.callback(end_child, ingest)
        through = {**environment, "PATROL_BROKER_PORT": str(self._line.port)}
        self._terminal = Terminal(folder, through)
        ends.callback(self._terminal.close)

    def play(self, shift: Shift) -> None:
        """Play one day."""
        self._terminal.start(shift.moment)
        before = self._terminal.written()
        for pieces, trouble in cut_up(shift.pieces, self._chance):
            self._account.epochs += len(pieces)
            self._account.troubles[trouble] += 1
            if trouble is Trouble.KILL:
                before = self._kill_amid(pieces, shift, before=before)
                continue
            self._terminal.send(b"".join(pieces))
            if trouble is Trouble.UNPLUG:
                self._unplug()
            elif trouble is Trouble.CUT:
                self._cut_or_mend()
        counts = self._terminal.read_quietly()
        self._account.add_run(counts, self._terminal.written() - before)
        self._terminal.stop()
        self._account.days += 1
        _say(f"day {self._account.days}: read {self._account.read}, kept {self._account.kept}")

    def close(self, shift: Shift) -> Account:
        """Send the rest, and hold both ends against one another."""
        self._line.mend(forgets=True)
        self._terminal.start(shift.moment)
        self._terminal.wait_until_sent()
        self._terminal.stop()
        status = self._terminal.status()
        rows = self._database.positions(TERMINAL)
        heard = self._database.sequences(TERMINAL, status["outbox"])
        self._account.close(
            written=status["written"],
            stored=len(rows),
            epochs=len(set(rows["epoch_ms"].tolist())),
            numbers=heard.heard if heard else None,
        )
        return self._account

    def _kill_amid(self, pieces: list[bytes], shift: Shift, *, before: int) -> int:
        """Kill the agent while it reads; return how many fixes were written by then."""
        self._terminal.send(b"".join(pieces[:-_AMID_KILL]))
        counts = self._terminal.read_quietly()
        written = self._terminal.written()
        self._account.add_run(counts, written - before)
        self._terminal.send(b"".join(pieces[-_AMID_KILL:]))
        time.sleep(self._chance.uniform(0, _LONGEST_AMID_S))
        self._terminal.kill()
        after = self._terminal.written()
        self._account.amid_kills += len(pieces[-_AMID_KILL:])
        self._account.kept_amid_kills += after - written
        self._terminal.start(shift.moment)
        return after

    def _unplug(self) -> None:
        self._terminal.unplug()
        time.sleep(self._chance.uniform(0, _MOST_AWAY_S))
        self._terminal.plug_in()

    def _cut_or_mend(self) -> None:
        if self._is_cut:
            self._line.mend(forgets=True)
        else:
            self._line.cut()
        self._is_cut = not self._is_cut

    def _make_database(self, dsn: str | None, ends: ExitStack) -> Database:
        if dsn is None:
            postgres = EmbeddedPostgres(self._folder / "postgres")
            postgres.start()
            ends.callback(postgres.stop)
            dsn = postgres.dsn
        return ends.enter_context(own_database(dsn))

    def _prepare(self, month: Month, environment: dict[str, str]) -> None:
        registers = self._folder / "registers"
        month.write_registers(registers)
        month.write_plan(self._folder)
        for command in (["migrate"], ["load", str(registers)]):
            done = subprocess.run(  # noqa: S603 - our own command, no shell
                [*_PATROL, "ingest", *command],
                env={**os.environ, **environment},
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                raise StateError(f"patrol ingest {command[0]} failed:\n{done.stderr.strip()}")


def _clear(folder: Path) -> Path:
    """Make the folder anew: what another soak has left would be counted, too."""
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    except OSError as error:
        raise InputError(
            f"folder {folder} cannot be made ({error.strerror}): choose another with --folder"
        ) from error
    return folder.resolve()


def _say(*words: object) -> None:
    print(*words, flush=True)  # noqa: T201 - the person at the terminal
