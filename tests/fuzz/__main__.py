"""`python -m tests.fuzz`: search for bytes that break a promise of a codec, and keep the corpus."""

import argparse
import os
import re
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

from gateway.decoding import PROTOCOLS
from tests.fuzz.seeds import CORPUS, PLAIN, collected, kept
from tests.fuzz.vocabulary import words

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / ".bench" / "fuzz"
_MOST_INPUT_BYTES = 1024
# A run of a thousand bytes takes milliseconds; what takes so long does not end.
_HANGS_S = 10
_MOST_MEMORY_MB = 1024
_MOST_KEPT_BYTES = 256 << 10
_RESULT = re.compile(
    r"^(?:stat::|#\d+\s+DONE|.*(?:ERROR|Exception|Error:|Test unit)).*", re.MULTILINE
)


def main() -> int:
    """Search in one protocol after the other; return 1 if any promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("protocols", nargs="*", default=sorted(PROTOCOLS), metavar="PROTOCOL")
    parser.add_argument(
        "--seconds", type=int, default=60, help="of search in each protocol; 0 is none"
    )
    parser.add_argument("--folder", type=Path, default=ROOT / ".bench" / "fuzz-runs")
    parser.add_argument("--keep", action="store_true", help="write what is worth keeping back")
    options = parser.parse_args()
    for protocol in options.protocols:
        if protocol not in PROTOCOLS:
            parser.error(f"{protocol} is none of {', '.join(sorted(PROTOCOLS))}")
    return max(_search(protocol, options) for protocol in options.protocols)


def _search(protocol: str, options: argparse.Namespace) -> int:
    folder = options.folder / protocol
    found, faults = folder / "corpus", folder / "faults"
    for path in (found, faults):
        path.mkdir(parents=True, exist_ok=True)
    spoken = (PLAIN + stream for stream in words(protocol))
    for data in (*collected(protocol), *kept(protocol), *spoken):
        (found / sha256(data).hexdigest()[:40]).write_bytes(data)
    status = ""
    if options.seconds:
        status = _run(
            protocol,
            folder / "log.txt",
            found,
            f"-max_total_time={options.seconds}",
            f"-artifact_prefix={faults}/",
            "-print_final_stats=1",
            "-use_value_profile=1",
        )
    _tell(f"{protocol}: {status or 'no promise was broken'}")
    if options.keep:
        _tell(f"{protocol}: {_keep(protocol, folder)} inputs are kept")
    return 1 if status else 0


def _tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _run(protocol: str, log: Path, *options: object) -> str:
    """Run the fuzzer; return what it found, "" for nothing."""
    packages = next(iter(LIBRARY.glob("lib/python*/site-packages")), LIBRARY)
    with log.open("a", encoding="utf-8") as file:
        ended = subprocess.run(
            [
                _script(protocol, log.parent),
                *(f"-max_len={_MOST_INPUT_BYTES}", f"-timeout={_HANGS_S}"),
                *(f"-rss_limit_mb={_MOST_MEMORY_MB}", *map(str, options)),
            ],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT}:{packages}"},
            stdout=file,
            stderr=subprocess.STDOUT,
            check=False,
        )
    told = _RESULT.findall(log.read_text(encoding="utf-8", errors="replace"))
    _tell("\n".join(told[-8:]))
    return "" if ended.returncode == 0 else f"ended with {ended.returncode}, see {log}"


def _script(protocol: str, folder: Path) -> Path:
    """Write the fuzzer's program as one file, because it starts itself again to merge."""
    path = folder / "search.sh"
    search = f'exec "{sys.executable}" -m tests.fuzz.searching {protocol} "$0" "$@"'
    path.write_text(f"#!/bin/sh\n{search}\n", encoding="utf-8")
    path.chmod(0o755)
    return path.absolute()


def _keep(protocol: str, folder: Path) -> int:
    """Write the fewest inputs that reach all that was reached, as lines of hex."""
    least = folder / "least"
    least.mkdir(exist_ok=True)
    for path in least.iterdir():
        path.unlink()
    _run(
        protocol, folder / "merge.txt", "-merge=1", "-use_value_profile=0", least, folder / "corpus"
    )
    inputs = sorted(
        (path.read_bytes() for path in least.iterdir()), key=lambda one: (len(one), one)
    )
    lines: list[str] = []
    total = 0
    for data in inputs:
        total += 2 * len(data) + 1
        if total <= _MOST_KEPT_BYTES:
            lines.append(data.hex())
    CORPUS.mkdir(exist_ok=True)
    head = f"# Inputs of the fuzzer for {protocol}, in hex: settings (2 bytes) and a stream.\n"
    (CORPUS / f"{protocol}.txt").write_text(head + "\n".join(lines) + "\n", encoding="ascii")
    return len(lines)


if __name__ == "__main__":
    sys.exit(main())
