"""Files, functions and rooms that can be read in one go."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.house.tree import ROOMS, parse, python_files, read, shown

MOST_LINES = 300
MOST_TEST_LINES = 500
MOST_FUNCTION_LINES = 40
MOST_MODULES = 14
# The domain holds every rule of the trade, and splitting it would hide their order.
MOST_DOMAIN_MODULES = 20
EMPTY_WORDS = {"base", "common", "helper", "helpers", "manager", "misc", "util", "utils"}


def test_files_are_short() -> None:
    long = {
        shown(path): lines
        for path in python_files()
        if (lines := len(read(path).splitlines())) > allowed_lines(path)
    }

    assert long == {}


def test_functions_are_short() -> None:
    long = {
        f"{shown(path)}:{node.lineno} {node.name}": lines
        for path in python_files()
        for node in functions(path)
        if (lines := (node.end_lineno or 0) - node.lineno + 1) > MOST_FUNCTION_LINES
    }

    assert long == {}


def test_modules_are_named_for_an_idea() -> None:
    empty = [shown(path) for path in python_files() if EMPTY_WORDS & set(path.stem.split("_"))]

    assert empty == []


def test_rooms_are_small() -> None:
    count = Counter(shown(path.parent) for path in python_files(*ROOMS) if path.stem != "__init__")
    allowed = {"patrol": MOST_DOMAIN_MODULES}

    large = {room: n for room, n in count.items() if n > allowed.get(room, MOST_MODULES)}
    assert large == {}


def test_packages_hold_their_public_list_alone() -> None:
    allowed = (ast.Expr, ast.Import, ast.ImportFrom, ast.Assign)
    busy = [
        shown(path)
        for path in python_files(*ROOMS)
        if path.stem == "__init__"
        if not all(isinstance(node, allowed) for node in parse(path).body)
    ]

    assert busy == []


def allowed_lines(path: Path) -> int:
    """Return how long a file may be: tests may be longer, because they enumerate."""
    return MOST_TEST_LINES if shown(path).startswith("tests/") else MOST_LINES


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield the functions of a file."""
    waiting: list[ast.AST] = [parse(path)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
        # Functions stand among statements; expressions, most of a tree, hold none.
        waiting += (
            one
            for one in ast.iter_child_nodes(node)
            if isinstance(one, ast.stmt | ast.ExceptHandler | ast.match_case)
        )
