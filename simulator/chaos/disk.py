"""A small disk in memory, which can be filled without harm to anybody else."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# What a fresh server takes with its log, and what a fix takes with its index.
_LEAST_BYTES = 700 << 20
_BYTES_A_FIX = 450


@contextmanager
def small_disk(folder: Path, *, fixes: int) -> Iterator[Path | None]:
    """Mount one with room for so many fixes at `folder`; None where that is not allowed."""
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if os.geteuid() != 0 or mount is None or umount is None:
        yield None
        return
    folder.mkdir(parents=True, exist_ok=True)
    size = _LEAST_BYTES + fixes * _BYTES_A_FIX
    done = subprocess.run(  # noqa: S603 - no shell, and no argument comes from outside
        [mount, "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if done.returncode:
        yield None
        return
    try:
        yield folder
    finally:
        subprocess.run([umount, "--lazy", str(folder)], check=False)  # noqa: S603 - as above
