"""What the project consists of, for the tests that read it."""

import ast
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ROOMS: list[str] = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]

# Made by tools or by running the product, and ignored by git.
_MADE = {"__pycache__", "dist", "node_modules"}
_TEXT = {"", ".css", ".html", ".lock", ".md", ".py", ".sql", ".svelte", ".toml", ".ts", ".yml"}
_DOTTED = {".ci"}
_DOTTED_FILES = {".gitignore", ".importlinter"}


@cache
def text_files() -> list[Path]:
    """Return every file that a person wrote or reads."""
    return sorted(path for path in _walk(ROOT) if path.suffix in _TEXT)


@cache
def read(path: Path) -> str:
    """Return what a file says."""
    return path.read_text(encoding="utf-8")


def python_files(*folders: str) -> list[Path]:
    """Return the Python files of `folders`, or of the whole project."""
    return [
        path
        for path in text_files()
        if path.suffix == ".py" and (not folders or shown(path).split("/")[0] in folders)
    ]


def pages(folder: str = "docs") -> list[Path]:
    """Return the pages of documentation in `folder`."""
    return [
        path for path in text_files() if path.suffix == ".md" and path.is_relative_to(ROOT / folder)
    ]


def parse(path: Path) -> ast.Module:
    """Return the syntax of a Python file."""
    return ast.parse(read(path))


def shown(path: Path) -> str:
    """Return `path` as people write it."""
    return path.relative_to(ROOT).as_posix()


def _walk(folder: Path) -> Iterator[Path]:
    for entry in folder.iterdir():
        if entry.is_dir():
            if entry.name not in _MADE and (entry.name[0] != "." or entry.name in _DOTTED):
                yield from _walk(entry)
        elif entry.name[0] != "." or entry.name in _DOTTED_FILES:
            yield entry
