"""What the running agent says of itself over its Unix socket."""

import http.client
import json
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from device.doctor.findings import Finding, Grade
from device.window.sockets import socket_of
from patrol.errors import InputError

_PATIENCE_S = 10.0
_MOST_BYTES = 1 << 20
_STATE = "/api/state"


def ask_agent(
    outbox: Path, *, path: str = _STATE, body: Mapping[str, Any] | None = None
) -> dict[str, Any] | None:
    """Return what the agent that writes `outbox` answers at `path`, None where none runs.

    With a `body` it is asked to do something.

    Raises InputError where one runs and cannot be asked.
    """
    address = socket_of(outbox)
    line = http.client.HTTPConnection("localhost", timeout=_PATIENCE_S)
    line.sock = socket.socket(socket.AF_UNIX)
    line.sock.settimeout(_PATIENCE_S)
    try:
        line.sock.connect(str(address))
        if body is None:
            line.request("GET", path)
        else:
            line.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        seen = json.loads(line.getresponse().read(_MOST_BYTES))
    except (FileNotFoundError, ConnectionRefusedError):
        return None
    except PermissionError as error:
        raise InputError(
            f"the agent's socket {address} is not for this user: run this as root, or as the "
            "user or group of the agent"
        ) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise InputError(f"the agent at {address} does not answer: {error}") from error
    finally:
        line.close()
    return seen if isinstance(seen, dict) else None


def see_agent(seen: dict[str, Any] | None) -> Finding:
    """Return whether the agent runs."""
    if seen is None:
        return Finding("agent", Grade.BROKEN, "it does not run", "systemctl start gridpatrol-agent")
    return Finding("agent", Grade.OK, f"it runs as {seen['terminal_id']}")


def see_line(seen: dict[str, Any]) -> Finding:
    """Return how the agent's line to the broker is."""
    line = seen["line"]
    if line["state"] == "connected":
        return Finding("broker", Grade.OK, "the agent is connected and was let in")
    grade = Grade.UNKNOWN if line["state"] == "connecting" else Grade.BROKEN
    text = f"{line['state']}: {line['reason']}" if line["reason"] else line["state"]
    return Finding("broker", grade, text, _ADVICE.get(line["state"], ""))


def see_stored(seen: dict[str, Any]) -> Finding:
    """Return whether the server confirms what it gets."""
    line = seen["line"]
    if line["is_overdue"]:
        return Finding(
            "stored",
            Grade.BROKEN,
            "the server has confirmed nothing for more than a day, and things wait",
            "nothing is lost: see `broker`, then `patrol ingest status` on the server",
        )
    if line["stored_ago_s"] is None:
        return Finding("stored", Grade.UNKNOWN, "nothing was confirmed since the agent started")
    return Finding(
        "stored", Grade.OK, f"the server last confirmed {line['stored_ago_s']:.0f} s ago"
    )


def see_fix(seen: dict[str, Any]) -> Finding:
    """Return whether the receiver knows where it is."""
    fix = seen["fix"]
    if not seen["duty"]["is_on_duty"]:
        return Finding("fix", Grade.OK, "none is taken: not on duty")
    if fix is None:
        return Finding(
            "fix",
            Grade.WARNING,
            "none since duty began",
            "go under the open sky for two minutes; then see `receiver` and its antenna",
        )
    sharp = "" if fix["accuracy_m"] is None else f", {fix['accuracy_m']:.0f} m"
    stars = "" if fix["satellites"] is None else f", {fix['satellites']} satellites"
    is_old = fix["age_s"] > _OLD_FIX_S
    return Finding(
        "fix",
        Grade.WARNING if is_old else Grade.OK,
        f"{fix['age_s']:.0f} s ago{sharp}{stars}",
        "indoors that is usual; under the open sky see `receiver`" if is_old else "",
    )


def see_clock(seen: dict[str, Any]) -> Finding:
    """Return how far the system's clock is from the receiver's time."""
    fix = seen["fix"]
    if fix is None:
        return Finding("clock", Grade.UNKNOWN, "it can be told only with a fix")
    ahead_s = fix["clock_ahead_s"]
    if abs(ahead_s) <= _MOST_APART_S:
        return Finding("clock", Grade.OK, f"within {_MOST_APART_S:.0f} s of the receiver's time")
    return Finding(
        "clock",
        Grade.WARNING,
        f"{abs(ahead_s):.0f} s {'ahead of' if ahead_s > 0 else 'behind'} the receiver's time",
        "fixes bear the receiver's time all the same; set the clock (timedatectl set-ntp true), "
        "or the receiver's date is wrong",
    )


# Where a fix is older, something is in the way.
_OLD_FIX_S = 120.0
# What of a difference is delay on the line.
_MOST_APART_S = 5.0
_ADVICE = {
    "unreachable": "see that the network is there and [broker] host and port are right",
    "untrusted": "see [broker] ca_file and host, the broker's certificate, and `clock`",
    "refused": "see [broker] username, password_file and certificate_file at the broker",
    "denied": "see the broker's access list: this name may not use that topic",
}
