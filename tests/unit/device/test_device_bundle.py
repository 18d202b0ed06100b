"""The one file that is brought to a terminal."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.house.tree import ROOT


@pytest.fixture(scope="module")
def bundle(tmp_path_factory) -> Path:
    """Make the file."""
    target = tmp_path_factory.mktemp("bundle") / "patrol.pyz"
    command = [sys.executable, str(ROOT / "deploy" / "device" / "bundle.py"), str(target)]
    subprocess.run(command, check=True, timeout=60)
    return target


def test_it_runs_where_nothing_else_is_installed(bundle, tmp_path):
    (tmp_path / "plan-key").write_text("00" * 32)
    (tmp_path / "plan-key").chmod(0o600)
    config = tmp_path / "device.toml"
    device = {
        "terminal_id": "T01",
        "port": str(tmp_path / "port"),
        "outbox": str(tmp_path / "outbox"),
        "plan_key_file": str(tmp_path / "plan-key"),
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in device.items()]
    config.write_text("\n".join(["[device]", *lines, "[broker]", "port = 9"]))
    # Neither site-packages nor this folder nor the environment is looked at.
    command = [sys.executable, "-I", "-S", str(bundle), "device", "doctor", "--json"]

    done = subprocess.run(
        [*command, "--config", str(config)], capture_output=True, cwd=tmp_path, env={}, check=False
    )

    assert (done.returncode, done.stderr) == (69, b"")
    assert json.loads(done.stdout)["receiver"]["grade"] == "broken"


def test_it_holds_the_worker_s_page_and_nothing_compiled_for_a_processor(bundle):
    names = zipfile.ZipFile(bundle).namelist()

    assert "device/window/page/index.html" in names
    assert [name for name in names if name.endswith((".so", ".pyd"))] == []


def test_what_only_other_programs_need_is_loaded_when_it_is_asked_for(bundle, tmp_path):
    told = f"""
import contextlib, runpy, sys
sys.argv = ["patrol", "device", "status", "--outbox", "missing"]
with contextlib.suppress(SystemExit):
    runpy.run_path({str(bundle)!r}, run_name="__main__")
print("structlog" in sys.modules, "asyncio.events" in sys.modules)
import asyncio
print(asyncio.sleep.__name__, "asyncio.events" in sys.modules)
"""
    command = [sys.executable, "-I", "-S", "-c", told]

    done = subprocess.run(command, capture_output=True, cwd=tmp_path, check=True, text=True)

    assert done.stdout.splitlines() == ["True False", "sleep True"]
