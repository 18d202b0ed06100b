"""The whole product at once, as `make demo` runs it, on a small city."""

import json
import re
import signal
import subprocess
import urllib.request
from pathlib import Path

import pytest

from tests.processes import PATROL, eventually


def start(folder: Path, *options: str, workers: int = 1) -> subprocess.Popen[str]:
    small = ["--workers", str(workers), "--speed-up", "2400"]
    return subprocess.Popen(
        [PATROL, "simulate", "demo", "--folder", str(folder), *small, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def read_until(process: subprocess.Popen[str], word: str) -> str:
    said = ""
    assert process.stdout is not None
    for line in process.stdout:
        said += line
        if word in line:
            break
    return said


def ask(url: str, token: str) -> str:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})  # noqa: S310 - our own
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - our own
        return answer.read().decode()


def left_behind(folder: Path) -> list[str]:
    """Return the command lines of processes that have to do with `folder`."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in line:
            found.append(line)
    return found


@pytest.mark.timeout(300)
def test_a_day_from_the_serial_line_to_the_answer_and_again_after_a_restart(tmp_path):
    first = start(tmp_path / "demo", "--once", workers=2)
    said, _ = first.communicate(timeout=170)

    assert first.returncode == 0, said
    assert "2 of 2 terminals: every fix accounted for" in said
    assert "2 of 2 workers: the truth lies within the answer" in said
    assert left_behind(tmp_path) == []

    again = start(tmp_path / "demo", workers=2)
    said = read_until(again, "Ctrl-C ends the demo")
    url, token = re.search(r"(http://\S+)/docs", said)[1], re.search(r"them: +(\S+)", said)[1]
    terminals = json.loads(ask(f"{url}/v1/terminals", token))
    docs = ask(f"{url}/docs", token)
    again.send_signal(signal.SIGINT)
    again.communicate(timeout=30)

    assert "was played before" in said
    assert len(terminals["terminals"]) == 2
    assert "://" not in docs
    assert again.returncode == 0
    assert left_behind(tmp_path) == []


@pytest.mark.timeout(180)
def test_stopped_within_the_day_it_leaves_no_process_behind(tmp_path):
    demo = start(tmp_path / "demo", "--once")
    log = tmp_path / "demo" / "log" / "ingest-run.log"
    eventually(lambda: log.exists() and "batch_committed" in log.read_text(), within_s=90)
    demo.send_signal(signal.SIGINT)
    demo.communicate(timeout=60)

    assert demo.returncode == 130
    assert left_behind(tmp_path) == []


@pytest.mark.timeout(180)
def test_without_mosquitto_the_embedded_broker_does(tmp_path):
    demo = start(tmp_path / "demo", "--once", "--embedded-broker")
    said, _ = demo.communicate(timeout=170)

    assert demo.returncode == 0, said
    assert "PostgreSQL and amqtt are up" in said
