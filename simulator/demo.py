"""`patrol simulate demo`: one simulated duty day on real parts, then the answers.

A PostgreSQL, a broker, the ingest, the assessment, the API, and for each worker the real
device agent, which reads a pseudo-terminal of its own as its receiver's serial line.
"""

import json
import os
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import psycopg

from patrol.errors import StateError
from patrol.notices.plans import Pace
from runtime.lifecycle import stop_on_signals
from simulator.demo_folder import DemoFolder
from simulator.marking import Mark, mark_day, summary, table
from simulator.services import (
    Broker,
    EmbeddedBroker,
    EmbeddedPostgres,
    end_child,
    free_port,
    start_broker,
    start_child,
)

_STORED = """
-- what the database holds, by terminal
select terminal_id, count(*) from position group by terminal_id
"""

_SETTLES_WITHIN_S = 120.0
_LOOK_AGAIN_S = 0.25
_INTERRUPTED = 130
_NOTHING_ELSE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the demo is to do, and where it keeps everything."""

    folder: Path
    city_options: tuple[str, ...]
    interval_s: int
    speed_up: float
    once: bool
    embedded_broker: bool


class _StoppedError(Exception):
    """Somebody asked the demo to end."""


def run_demo(plan: Plan) -> int:
    """Run the demo and return its exit code: 0 when everything is accounted for and right."""
    folder = DemoFolder(plan.folder)
    stop = stop_on_signals()
    try:
        with ExitStack() as ends:
            return _Demo(plan, folder, stop=stop, ends=ends).run()
    except _StoppedError:
        _say("Stopped; the data stay in", plan.folder)
        return _INTERRUPTED


class _Demo:
    """The processes of one demo; `ends` ends them in the reverse order of their start."""

    def __init__(
        self, plan: Plan, folder: DemoFolder, *, stop: threading.Event, ends: ExitStack
    ) -> None:
        self._plan = plan
        self._stop = stop
        self._ends = ends
        self._folder = folder
        self._environment: dict[str, str] = {}
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._url = ""
        self._token = ""

    def run(self) -> int:
        began = time.monotonic()
        if self._folder.clear_half_a_day():
            _say("The last demo was stopped within its day; it begins anew.")
        self._start_services()
        self._prepare()
        for command in ("ingest run", "ingest assess", "api run"):
            self._start(command.replace(" ", "-"), *command.split())
        self._wait("the API", lambda: self._ask("/v1/health", token=False) is not None)
        terminals = [one["terminal_id"] for one in self._folder.truth()["workers"]]
        duty = self._folder.told_duty(terminals)
        self._start("ingest-tell", "ingest", "tell", also=duty)
        if not self._folder.done.exists():
            self._play(terminals, duty)
            self._folder.done.touch()
        else:
            _say("The day was played before; its data are in", self._plan.folder)
        marks = self._mark(terminals)
        _say(f"\n{table(marks)}\n\n{summary(marks)}")
        _say(f"Took {time.monotonic() - began:.0f} s.")
        code = 0 if all(mark.is_complete and mark.is_right for mark in marks) else 1
        if not self._plan.once:
            self._serve()
        return code

    def _start_services(self) -> None:
        database = EmbeddedPostgres(self._folder.path / "postgres")
        database.start()
        self._ends.callback(database.stop)
        broker = self._start_broker(self._folder.path / "broker")
        self._ends.callback(broker.stop)
        _say(f"PostgreSQL and {broker.name} are up; everything is kept in", self._plan.folder)
        self._environment = {
            "PATROL_DATABASE_DSN": database.dsn,
            "PATROL_BROKER_HOST": broker.settings.host,
            "PATROL_BROKER_PORT": str(broker.port),
            "PATROL_BROKER_PROTOCOL": broker.protocol,
            "PATROL_API_PORT": str(free_port()),
            "PATROL_API_TOKENS_FILE": str(self._folder.path / "tokens"),
            "PATROL_DEVICE_BATCH_AGE_S": "1",
            # Nothing is left out at rest: so every fix can be accounted for.
            **{f"PATROL_TELL_{name.upper()}": str(self._plan.interval_s) for name in Pace._fields},
        }
        self._url = f"http://127.0.0.1:{self._environment['PATROL_API_PORT']}"

    def _start_broker(self, folder: Path) -> Broker:
        if not self._plan.embedded_broker:
            return start_broker(folder)
        broker = EmbeddedBroker(folder)
        broker.start()
        return broker

    def _prepare(self) -> None:
        self._call("ingest", "migrate")
        if not (self._folder.city / "truth.json").exists():
            self._call(
                "simulate", "city", "--out", str(self._folder.city), *self._plan.city_options
            )
            self._call("ingest", "load", str(self._folder.city))
        (self._folder.path / "tokens").unlink(missing_ok=True)
        self._token = self._call("api", "token", "demo").strip()

    def _play(self, terminals: list[str], duty: Mapping[str, str]) -> None:
        ports = self._folder.path / "tty"
        for terminal in terminals:
            self._start(
                f"device-{terminal}",
                *("device", "run", "--terminal-id", terminal),
                *("--port", str(ports / terminal), "--outbox", str(self._folder.outbox(terminal))),
                also={**duty, **self._folder.own_settings(terminal)},
            )
        _say(
            f"{len(terminals)} terminals play a duty day, "
            f"{self._plan.speed_up:.0f} times as fast as it was ..."
        )
        speed_up = str(self._plan.speed_up)
        play = ("simulate", "play", "--city", str(self._folder.city), "--tty", str(ports))
        player = self._start("play", *play, "--speed-up", speed_up, may_end=True)
        self._wait("the day", lambda: player.poll() is not None, within_s=3600)
        if player.returncode != 0:
            raise StateError(f"the day was not played to its end: see {self._folder.log('play')}")
        self._wait("empty outboxes", lambda: not any(self._counts(terminals, "waiting").values()))
        agents = [self._children.pop(f"device-{terminal}") for terminal in terminals]
        for agent in agents:
            agent.terminate()
        for agent in agents:
            end_child(agent)

    def _mark(self, terminals: list[str]) -> list[Mark]:
        truth = self._folder.truth()
        day = truth["day"]

        def answers() -> list[dict[str, Any]]:
            page = self._ask(f"/v1/compliance?from={day}&to={day}&limit=500")
            rows: list[dict[str, Any]] = page["days"] if page else []
            settled = len(rows) == len(terminals) and all(row["is_current"] for row in rows)
            return rows if settled else []

        self._wait("the assessment", lambda: bool(answers()))
        sent = self._counts(terminals, "written")
        with psycopg.connect(self._environment["PATROL_DATABASE_DSN"]) as conn:
            stored: dict[str, int] = dict(conn.execute(_STORED).fetchall())
        return mark_day(truth, answers(), sent=sent, stored=stored)

    def _serve(self) -> None:
        _say(f"\nThe API's pages:  {self._url}/docs\nToken for them:   {self._token}")
        _say(f'Ask it yourself:  curl -H "Authorization: Bearer {self._token}" \\')
        _say(f"                       {self._url}/v1/terminals")
        _say("Ctrl-C ends the demo; `make demo` starts it again with the same data.")
        while not self._stop.wait(_LOOK_AGAIN_S):
            self._check_children()
        _say("Stopped; the data stay in", self._plan.folder)

    def _start(
        self,
        name: str,
        *arguments: str,
        also: Mapping[str, str] = _NOTHING_ELSE,
        may_end: bool = False,
    ) -> subprocess.Popen[bytes]:
        """Start a command; `also` is set in its environment alone."""
        child = start_child(
            [*_patrol(), *arguments],
            log=self._folder.log(name),
            environment={**self._environment, **also},
        )
        self._ends.callback(end_child, child)
        if not may_end:
            self._children[name] = child
        return child

    def _call(self, *arguments: str) -> str:
        """Return what a command prints; StateError with its own words when it fails."""
        done = subprocess.run(  # noqa: S603 - our own command, no shell
            [*_patrol(), *arguments],
            env={**os.environ, **self._environment},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise StateError(f"patrol {' '.join(arguments)} failed:\n{done.stderr.strip()}")
        return done.stdout

    def _ask(self, path: str, *, token: bool = True) -> Any:  # noqa: ANN401 - any JSON
        """Return the API's answer, or None while there is none."""
        headers = {"Authorization": f"Bearer {self._token}"} if token else {}
        request = urllib.request.Request(self._url + path, headers=headers)  # noqa: S310 - ours
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
                return json.load(answer)
        except OSError:
            return None

    def _counts(self, terminals: list[str], what: str) -> dict[str, int]:
        """Return a count of each terminal's outbox, read from the file itself."""
        outboxes = [str(self._folder.outbox(terminal)) for terminal in terminals]
        lines = self._call("device", "status", "--outbox", *outboxes).splitlines()
        counts = [json.loads(line)[what] for line in lines]
        return dict(zip(terminals, counts, strict=True))

    def _wait(
        self, what: str, look: Callable[[], bool], *, within_s: float = _SETTLES_WITHIN_S
    ) -> None:
        until = time.monotonic() + within_s
        while not look():
            self._check_children()
            if self._stop.wait(_LOOK_AGAIN_S):
                raise _StoppedError
            if time.monotonic() > until:
                raise StateError(
                    f"waited {within_s:.0f} s for {what}: see the logs in {self._folder.path}"
                )

    def _check_children(self) -> None:
        for name, child in self._children.items():
            if child.poll() is not None:
                raise StateError(f"{name} ended by itself: see {self._folder.log(name)}")


def _patrol() -> list[str]:
    return [sys.executable, "-c", "from runtime.cli import main; main()"]


def _say(*words: object) -> None:
    print(*words, flush=True)  # noqa: T201 - the person at the terminal
