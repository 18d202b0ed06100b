"""Where a demo keeps everything, and what is known of the day that it plays."""

import json
import secrets
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from patrol.errors import InputError
from patrol.ids import TerminalId
from patrol.notices.plans import LEAST_SECRET_BYTES, derive_key


class DemoFolder:
    """The folder of one demo; raises InputError where it cannot be written."""

    def __init__(self, path: Path) -> None:
        _check(path)
        self.path = path.resolve()

    @property
    def city(self) -> Path:
        """The registers and the truth."""
        return self.path / "city"

    @property
    def done(self) -> Path:
        """What exists when the day has been played to its end."""
        return self.path / "day-played"

    def truth(self) -> Mapping[str, Any]:
        """Return what was true."""
        truth: dict[str, Any] = json.loads((self.city / "truth.json").read_text(encoding="utf-8"))
        return truth

    def outbox(self, terminal: str) -> Path:
        """Return the outbox of a terminal."""
        return self._made("outbox") / f"{terminal}.sqlite"

    def log(self, name: str) -> Path:
        """Return the log of a process."""
        return self._made("log") / f"{name}.log"

    def clear_half_a_day(self) -> bool:
        """Forget a day that was interrupted: half of it played twice would prove nothing."""
        if self.done.exists() or not (self.path / "outbox").exists():
            return False
        for name in ("postgres", "broker", "city", "outbox", "plans", "tty"):
            shutil.rmtree(self.path / name, ignore_errors=True)
        return True

    def told_duty(self, terminals: Sequence[str]) -> dict[str, str]:
        """Return what makes terminals and server agree on plans of duty, and on the time.

        The day is played faster than it was, so its clock stands where duty begins.
        """
        folder = self._made("plans")
        secret_file = folder / "secret"
        if not secret_file.exists():
            _write_secret(secret_file, secrets.token_hex(LEAST_SECRET_BYTES))
        secret = secret_file.read_bytes()
        for terminal in terminals:
            key = derive_key(secret, TerminalId(terminal))
            _write_secret(folder / f"{terminal}.key", key.hex())
        begins = min(start for one in self.truth()["workers"] for start, _ in one["duty"])
        return {
            "PATROL_TELL_SECRET_FILE": str(secret_file),
            "PATROL_TELL_EVERY_S": "1",
            "PATROL_CLOCK_ORIGIN": begins,
            "PATROL_CLOCK_RATE": "0",
        }

    def own_settings(self, terminal: str) -> dict[str, str]:
        """Return what is a terminal's own: where its plan and its key are, and no page."""
        folder = self._made("plans")
        return {
            "PATROL_DEVICE_PLAN_FILE": str(folder / f"{terminal}.plan"),
            "PATROL_DEVICE_PLAN_KEY_FILE": str(folder / f"{terminal}.key"),
            # All of them are on one machine, which has each port once.
            "PATROL_DEVICE_PAGE_PORT": "0",
        }

    def _made(self, name: str) -> Path:
        folder = self.path / name
        folder.mkdir(exist_ok=True)
        return folder


def _check(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise InputError(
            f"folder {folder} cannot be written ({error.strerror}): "
            "remove it as its owner, or choose another with --folder"
        ) from error


def _write_secret(path: Path, text: str) -> None:
    """Write a file for its owner alone."""
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(text, encoding="ascii")
