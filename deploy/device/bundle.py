"""Make `patrol.pyz`: the device's part of the product and all that it needs, in one file.

Run by `make terminal`. What goes in is taken from the environment of the lock files, and is
Python alone, so that one file serves every processor.
"""

import compileall
import py_compile
import re
import shutil
import sys
import tempfile
import tomllib
import zipapp
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("patrol", "runtime", "device")
_COMPILED = {".so", ".pyd", ".dylib"}
_LEFT_OUT = ("..", "__pycache__")
_MODE = 0o755
# structlog names asyncio for programs that log from it. The agent is none, and a terminal has little
# memory: it is loaded when something of it is asked for.
_MAIN = """
import importlib
import sys
import types


def _load(name):
    if sys.modules["asyncio"] is _later:
        del sys.modules["asyncio"]
    return getattr(importlib.import_module("asyncio"), name)


_later = types.ModuleType("asyncio")
_later.__getattr__ = _load
sys.modules["asyncio"] = _later

from runtime.cli import main

main()
"""


def bundle(target: Path) -> None:
    """Write the file; raises SystemExit where a part would run on one processor alone."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["device"]]
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for room in ROOMS:
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / room, folder / room, ignore=ignored)
        for one in _all_of(wanted):
            _copy(one, folder)
        _describe(project, folder)
        # For the Python that this was made with; every other one reads the sources beside it.
        compileall.compile_dir(
            folder,
            quiet=1,
            legacy=True,
            # What a traceback names is where it stands in the file.
            stripdir=name,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
        (folder / "__main__.py").write_text(_MAIN, encoding="utf-8")
        zipapp.create_archive(folder, target, interpreter="/usr/bin/env python3", compressed=True)
    target.chmod(_MODE)


def _all_of(requirements: list[str], seen: frozenset[str] = frozenset()) -> Iterator[Distribution]:
    """Yield the distributions that are required, and what those require without a condition."""
    for requirement in requirements:
        name = re.split(r"[\s\[<>=!~;(]", requirement, maxsplit=1)[0]
        if name not in seen and ";" not in requirement:
            found = distribution(name)
            yield found
            yield from _all_of(found.requires or [], seen | {name})


def _copy(one: Distribution, folder: Path) -> None:
    for file in one.files or ():
        if file.parts[0] in _LEFT_OUT or "__pycache__" in file.parts:
            continue
        if file.suffix in _COMPILED:
            sys.exit(f"{one.name} holds {file}, which runs on one processor alone")
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(str(file.locate()), path)


def _describe(project: dict[str, str], folder: Path) -> None:
    """Write what lets the command find its room."""
    described = folder / f"{project['name']}-{project['version']}.dist-info"
    described.mkdir()
    (described / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n",
        encoding="utf-8",
    )
    (described / "entry_points.txt").write_text(
        "[gridpatrol.commands]\ndevice = device.cli:register\n", encoding="utf-8"
    )


if __name__ == "__main__":
    bundle(Path(sys.argv[1]))
