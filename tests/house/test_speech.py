"""What the project never says."""

import io
import re
import tokenize

from tests.house.tree import ROOT, python_files, read, shown, text_files

# A letter in brackets keeps a pattern from finding itself.
MARKERS = re.compile(r"\b(?:TO[D]O|FIX[M]E|XX[X]|HAC[K])\b")
# Locks hold versions and hashes; where packages come from is each machine's own affair.
REGISTRIES = re.compile(r"(?:pypi|pythonhosted|npmjs|debian|crates)\.(?:org|com|io)\b")
# A character first, and then what must not stand before it: all of the project is read.
MACHINE_PATHS = re.compile(r"/(?<![\w.~}]/)(?:root|home|work|Users)/\w")

# No number is put on a person, and nothing describes who lives behind a door.
NEVER = {"rank", "ranking", "rating", "score", "birthday", "phone", "resident", "residents"}
# In code the word is said of servers; in a table it could only be said of people.
NEVER_STORED = NEVER | {"health", "illness"}


def test_nothing_is_marked_for_later() -> None:
    assert found(MARKERS) == {}


def test_no_package_registry_is_named() -> None:
    assert found(REGISTRIES) == {}


def test_no_path_of_one_machine_is_named() -> None:
    assert found(MACHINE_PATHS) == {}


def test_no_table_scores_workers_or_describes_residents() -> None:
    words = {
        shown(path): re.findall(r"\w+", re.sub(r"--.*", "", path.read_text(encoding="utf-8")))
        for path in (ROOT / "ingest").rglob("*.sql")
    }

    assert {file: bad for file, said in words.items() if (bad := parts(said) & NEVER_STORED)} == {}


def test_no_code_scores_workers_or_describes_residents() -> None:
    # To take a file apart takes long; most of them have none of these words anywhere.
    suspects = {
        shown(path): source
        for path in python_files("api", "device", "ingest", "patrol")
        if parts(re.findall(r"\w+", source := read(path))) & NEVER
    }
    words = {file: names(source) for file, source in suspects.items()}

    assert {file: bad for file, said in words.items() if (bad := parts(said) & NEVER)} == {}


def found(pattern: re.Pattern[str]) -> dict[str, list[str]]:
    """Return what `pattern` finds in the project, by file."""
    return {shown(path): hits for path in text_files() if (hits := pattern.findall(read(path)))}


def parts(words: list[str]) -> set[str]:
    """Return the single words of which names are made."""
    return {part for word in words for part in word.lower().split("_")}


def names(source: str) -> list[str]:
    """Return the names in Python code, without its texts and comments."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return [token.string for token in tokens if token.type == tokenize.NAME]
