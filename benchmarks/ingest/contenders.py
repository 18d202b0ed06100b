"""What the ingest is measured beside, on the same load."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psycopg
from numpy.typing import NDArray

from benchmarks.ingest import packets
from benchmarks.ingest.fleet import TERMINAL_IDS, Walks
from benchmarks.ingest.receivers import READY
from benchmarks.ingest.sending import Load, counter, flooding
from benchmarks.ingest.stage import Stage, end

_COPY = """
copy position (terminal_id, epoch, lat_e7, lon_e7, altitude_dm, speed_cmps, course_ddeg, hdop_d,
               accuracy_dm, satellites, quality, battery_pct, flags, received_at)
from stdin (format binary)
"""
_SIGNATURE = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_END = b"\xff\xff"
_POSTGRES_EPOCH_MS = 946_684_800_000
# Widths of the columns that follow the epoch, in the order of `_COPY`.
_WIDTHS = {"lat_e7": 4, "lon_e7": 4, "altitude_dm": 4, "accuracy_dm": 4}
_QUIET_S = 30.0
_LOOK_S = 0.05


def binary_rows(walks: Walks, *, at_once: int) -> NDArray[np.void]:
    """Return the rows of `position` ready for COPY, in the order in which they are published."""
    names = [name for name in walks.columns if name != "epoch_ms"]
    layout = [("fields", ">i2"), ("l_terminal", ">i4"), ("terminal", "S5"), ("l_epoch", ">i4")]
    layout.append(("epoch", ">i8"))
    for name in names:
        layout += [(f"l_{name}", ">i4"), (name, f">i{_WIDTHS.get(name, 2)}")]
    layout += [("l_received", ">i4"), ("received", ">i8")]
    terminals = len(walks.columns["epoch_ms"])
    rows = np.zeros((walks.fixes // at_once, terminals, at_once), dtype=layout)
    rows["fields"] = len(names) + 3
    for name, _ in layout:
        if name.startswith("l_"):
            rows[name] = rows.dtype[name.removeprefix("l_")].itemsize
    rows["terminal"] = np.array(TERMINAL_IDS[:terminals], dtype="S5")[:, np.newaxis]
    for name in walks.columns:
        column = walks.columns[name].reshape(terminals, -1, at_once).swapaxes(0, 1)
        if name == "epoch_ms":
            rows["epoch"] = (column - _POSTGRES_EPOCH_MS) * 1000
        else:
            rows[name] = column
    rows["received"] = (round(time.time() * 1000) - _POSTGRES_EPOCH_MS) * 1000
    return rows.reshape(-1)


def copy_rows(stage: Stage, rows: NDArray[np.void], *, at_once: int) -> float:
    """Return how many rows a second one connection copies, `at_once` in a transaction."""
    blocks = [
        _SIGNATURE + rows[first : first + at_once].tobytes() + _END
        for first in range(0, len(rows), at_once)
    ]
    with stage.database() as dsn, psycopg.connect(dsn, autocommit=True) as conn:
        began = time.monotonic()
        for block in blocks:
            with conn.cursor().copy(_COPY) as copy:
                copy.write(block)
        return len(rows) / (time.monotonic() - began)


def receive(stage: Stage, messages: Sequence[bytes]) -> float:
    """Return how many messages a second paho receives and acknowledges, storing nothing."""
    return _count(stage, messages, "receive-only", str(stage.broker.port))


def insert_each(stage: Stage, messages: Sequence[bytes]) -> float:
    """Return how many messages a second are stored by one INSERT and COMMIT for each."""
    with stage.database() as dsn:
        return _count(stage, messages, "insert-each", str(stage.broker.port), dsn)


def find_recorder(given: Path | None) -> Path | None:
    """Return OwnTracks Recorder, if it is on this machine."""
    if given is not None:
        return given
    found = shutil.which("ot-recorder")
    return Path(found) if found else None


def record(stage: Stage, recorder: Path, positions: Sequence[tuple[str, bytes]]) -> float:
    """Return how many of its own messages a second OwnTracks Recorder stores."""
    messages = packets.publishes(
        (f"owntracks/{terminal.lower()}/phone", body) for terminal, body in positions
    )
    folder = stage.folder / "recorder"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    options = [str(recorder), "--storage", str(folder), "--port", str(stage.broker.port)]
    options += ["--host", "127.0.0.1", "--http-port", "0", "--norevgeo", "--quiet", "--qos", "1"]
    log = stage.folder / "recorder.log"
    with log.open("wb") as output:
        subprocess.run([*options, "--initialize"], stdout=output, stderr=output, check=True)
        process = subprocess.Popen([*options, "owntracks/#"], stdout=output, stderr=output)
    try:
        _wait_for_subscriber(stage, process)
        return _watch_records(stage, messages, folder)
    finally:
        end(process)


def owntracks_positions(walks: Walks, *, fixes: int) -> list[tuple[str, bytes]]:
    """Return the same fixes as OwnTracks' own app would publish them."""
    column = {name: values[:, :fixes].tolist() for name, values in walks.columns.items()}
    return [
        (
            terminal,
            json.dumps(
                {
                    "_type": "location",
                    "tid": terminal[-2:],
                    "tst": column["epoch_ms"][row][fix] // 1000,
                    "lat": column["lat_e7"][row][fix] / 1e7,
                    "lon": column["lon_e7"][row][fix] / 1e7,
                    "acc": column["accuracy_dm"][row][fix] // 10,
                    "vel": column["speed_cmps"][row][fix] * 36 // 1000,
                    "cog": column["course_ddeg"][row][fix] // 10,
                    "batt": column["battery_pct"][row][fix],
                }
            ).encode(),
        )
        for fix in range(fixes)
        for row, terminal in enumerate(TERMINAL_IDS)
    ]


def _count(stage: Stage, messages: Sequence[bytes], *arguments: str) -> float:
    """Flood a receiver and return how many messages a second it was through with."""
    load = Load(port=stage.broker.port, messages=messages, done=counter())
    with _receiver(*arguments) as process:
        began = time.time()
        with flooding(load):
            for line in process.stdout or ():
                done, at = json.loads(line)
                if done >= len(messages):
                    return float(done / (at - began))
                if time.time() > max(at, began) + _QUIET_S:
                    break
    raise RuntimeError(f"{arguments[0]} stands still or has ended")


@contextmanager
def _receiver(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "benchmarks.ingest.receivers", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        if process.stdout is None or process.stdout.readline().strip() != READY:
            raise RuntimeError(f"{arguments[0]} does not subscribe")
        yield process
    finally:
        process.kill()
        process.communicate()


def _wait_for_subscriber(stage: Stage, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _QUIET_S
    while "ot-recorder" not in stage.broker.log.read_text(encoding="utf-8", errors="replace"):
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"OwnTracks Recorder ended: see {stage.folder / 'recorder.log'}")
        time.sleep(_LOOK_S)
    # Its subscription follows its connection.
    time.sleep(1.0)


def _watch_records(stage: Stage, messages: Sequence[bytes], folder: Path) -> float:
    """Flood, and count lines in the files of the Recorder until all are there."""
    load = Load(port=stage.broker.port, messages=messages, done=counter())
    began = progress_at = time.monotonic()
    lines = 0
    with flooding(load):
        while lines < len(messages):
            time.sleep(_LOOK_S * 10)
            seen = sum(_lines(path) for path in folder.glob("rec/*/*/*.rec"))
            progress_at = time.monotonic() if seen > lines else progress_at
            lines = seen
            if time.monotonic() - progress_at > _QUIET_S:
                break
    return lines / (progress_at - began)


def _lines(path: Path) -> int:
    return path.read_bytes().count(b"\n")
