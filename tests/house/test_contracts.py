"""Every import contract fails when it is violated."""

import configparser
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.house.tree import ROOMS, ROOT

Violation = tuple[str, str, str]

# Contract, the file that comes to violate it, and how.
VIOLATIONS: list[Violation] = [
    ("rooms", "api/auth.py", "import ingest.migrate"),
    ("rooms", "device/agent.py", "import simulator.world"),
    ("rooms", "runtime/logs.py", "import device.nmea"),
    ("rooms", "patrol/ids.py", "import runtime.clock"),
    ("domain", "patrol/errors.py", "import patrol.ids"),
    ("domain", "patrol/geodesy.py", "import patrol.messages"),
    ("domain", "patrol/presence.py", "import patrol.visits"),
    ("domain", "patrol/unheard_of.py", ""),
    ("domain", "patrol/requirements.py", "import patrol.registers.files"),
    ("notices", "patrol/notices/checkins.py", "import patrol.notices.reports"),
    ("chains", "patrol/chains/kernels.py", "import patrol.chains.star"),
    ("anomalies", "patrol/anomalies/clocks.py", "import patrol.anomalies.paths"),
    ("visits", "patrol/visits/pairs.py", "import patrol.visits.attested"),
    ("workorders", "patrol/workorders/limits.py", "import patrol.workorders.machine"),
    ("workorders", "patrol/workorders/placing.py", "import patrol.workorders.measures"),
    ("parameters", "ingest/judging/results.py", "import ingest.history.rebuild"),
    ("parameters", "ingest/parameters/sets.py", "import ingest.judging.facts"),
    ("parameters", "ingest/keeping/keep.py", "import ingest.judging.worklist"),
    ("judging", "ingest/judging/reading/fixes.py", "import ingest.judging.facts"),
    ("shapely", "patrol/visits/times.py", "import shapely"),
    ("shapely", "api/views.py", "from shapely import Point"),
    ("shapely", "patrol/coverage/areas.py", "import shapely"),
    ("numba", "patrol/chains/star.py", "import numba"),
    ("numba", "patrol/chains/routes.py", "import numba"),
    ("pynmea2", "simulator/world.py", "import pynmea2"),
    ("mqtt", "ingest/consumer.py", "from paho.mqtt.client import Client"),
    ("mqtt", "api/views.py", "import aiomqtt"),
    ("metrics", "runtime/health.py", "import prometheus_client"),
    ("metrics", "ingest/consumer.py", "import prometheus_client"),
    ("wire", "patrol/topics.py", "import numpy"),
    ("wire", "patrol/notices/checkins.py", "from patrol.track import Track"),
    ("wire", "patrol/messages.py", "from patrol.geodesy import LocalPlane"),
    ("handheld", "device/agent.py", "import psycopg"),
    ("handheld", "device/agent.py", "from patrol.geodesy import LocalPlane"),
    ("handheld", "runtime/settings.py", "import msgspec"),
    ("pure", "patrol/duty.py", "import time"),
    ("pure", "patrol/track.py", "import random"),
    ("pure", "device/nmea.py", "from pathlib import Path"),
    ("pure", "device/sampling.py", "from runtime.settings import load"),
    ("pure", "ingest/batching.py", "import structlog"),
    ("pure", "simulator/noise.py", "import secrets"),
    ("database", "device/outbox/files.py", "import psycopg"),
    ("database", "runtime/database.py", "import psycopg"),
    ("database", "simulator/chaos/terminals/fleet.py", "import psycopg"),
    ("metrics", "gateway/serving/lines.py", "import prometheus_client"),
    ("gateway", "gateway/custody/spool.py", "import gateway.serving.line"),
    ("gateway", "gateway/codecs/events.py", "import gateway.registry"),
    ("codecs", "gateway/codecs/gt06/values.py", "import gateway.codecs.jt808"),
    ("pure", "gateway/codecs/http.py", "import socket"),
    ("evaluate", "ingest/evaluate/cli.py", "import psycopg"),
    ("evaluate", "ingest/evaluate/rules.py", "import runtime.registers.tables"),
]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the project's code and contracts, as each test leaves it."""
    made = tmp_path_factory.mktemp("tree")
    for room in ROOMS:
        shutil.copytree(ROOT / room, made / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / ".importlinter", made)
    return made


def test_every_violation_breaks_its_contract(tree: Path) -> None:
    unseen = []
    for violations in rounds():
        with violated(tree, violations):
            code, said = lint(tree)
        assert code == 1
        unseen += [one for one in violations if one[1] not in blamed(said, contracts()[one[0]])]

    assert unseen == []


def test_the_project_keeps_its_contracts(tree: Path) -> None:
    code, said = lint(tree)

    assert code == 0, said


def test_every_contract_is_shown_to_fail() -> None:
    assert {contract for contract, _, _ in VIOLATIONS} == set(contracts())


def contracts() -> dict[str, str]:
    """Return the name of each contract by its id."""
    file = configparser.ConfigParser()
    file.read(ROOT / ".importlinter", encoding="utf-8")
    return {
        section.rpartition(":")[2]: file[section]["name"]
        for section in file.sections()
        if section.startswith("importlinter:contract:")
    }


def rounds() -> Iterator[list[Violation]]:
    """Yield the violations, in each round one of a contract: the linter takes long to begin."""
    waiting = VIOLATIONS
    while waiting:
        taken: dict[str, Violation] = {}
        for one in waiting:
            if all(one[1] != other[1] for other in taken.values()):
                taken.setdefault(one[0], one)
        yield list(taken.values())
        waiting = [one for one in waiting if one not in taken.values()]


@contextmanager
def violated(tree: Path, violations: list[Violation]) -> Iterator[None]:
    """Write violations into a tree, for as long as the block lasts."""
    before = {}
    for _, file, line in violations:
        module = tree / file
        before[module] = module.read_text(encoding="utf-8") if module.exists() else None
        module.write_text(f"{before[module] or ''}\n{line}\n", encoding="utf-8")
    try:
        yield
    finally:
        for module, text in before.items():
            if text is None:
                module.unlink()
            else:
                module.write_text(text, encoding="utf-8")


def blamed(said: str, contract: str) -> set[str]:
    """Return the files that the linter names where it tells how a contract is broken."""
    _, _, told = said.partition("Broken contracts")
    part = re.split(r"^-+\n", told.partition(f"\n{contract}\n")[2], flags=re.MULTILINE)
    # The line under the contract's name, what is wrong, and then the name of the next one.
    return {f"{name.replace('.', '/')}.py" for name in re.findall(r"[\w.]+", part[1])}


def lint(tree: Path) -> tuple[int, str]:
    """Return what the linter answers, and says, about a tree."""
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo"],
        cwd=tree,
        env={"COLUMNS": "200", "PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr
