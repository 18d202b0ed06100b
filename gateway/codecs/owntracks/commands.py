"""What a phone can be told on its topic `…/cmd`.

Source: the booklet, Remote commands. A phone does it only where its owner allows that: `cmd`, and
for `setConfiguration` `remoteConfiguration` too.
"""

import json
from base64 import b64encode

from nacl.secret import SecretBox

from gateway.codecs.documents import read_documents
from gateway.codecs.owntracks.sealed import KEY_BYTES
from patrol.errors import InputError

NONCE_BYTES = SecretBox.NONCE_SIZE

# What its answer is told as, where it answers.
REPORT_LOCATION, DUMP = "reportLocation", "dump"


def command(action: str) -> bytes:
    """Return a command that needs nothing more: `reportLocation`, `dump`, `clearWaypoints`."""
    return _written({"_type": "cmd", "action": action})


def set_waypoints(text: str) -> bytes:
    """Return the command to know these places; `text` is a list of waypoints in JSON.

    Raises InputError where it is something else.
    """
    waypoints = _objects(text)
    for one in waypoints:
        if missing := sorted({"desc", "lat", "lon", "tst"} - set(one)):
            raise InputError(
                f"a waypoint has no {', '.join(missing)}: give desc, lat, lon, tst, rad"
            )
    inner = [{"_type": "waypoint", **one} for one in waypoints]
    return _written(
        {
            "_type": "cmd",
            "action": "setWaypoints",
            "waypoints": {"_type": "waypoints", "waypoints": inner},
        }
    )


def set_configuration(text: str) -> bytes:
    """Return the command to change settings; `text` is one JSON object of them, else InputError."""
    (settings, *more) = _objects(text)
    if more:
        raise InputError("the configuration is a list: give one JSON object of settings")
    return _written(
        {
            "_type": "cmd",
            "action": "setConfiguration",
            "configuration": {**settings, "_type": "configuration"},
        }
    )


def seal(message: bytes, key: bytes, *, nonce: bytes) -> bytes:
    """Return `message` encrypted as a phone with this key expects it; a nonce is used once only."""
    if len(key) > KEY_BYTES:
        raise InputError(f"the phone's key has {len(key)} bytes: {KEY_BYTES} at most")
    sealed = SecretBox(key.ljust(KEY_BYTES, b"\0")).encrypt(message, nonce)
    return _written({"_type": "encrypted", "data": b64encode(bytes(sealed)).decode()})


def _objects(text: str) -> list[dict[str, object]]:
    try:
        found = read_documents(text.encode())
    except InputError as error:
        raise InputError(f"it is no JSON that can be sent: {error}") from error
    if not found:
        raise InputError("it is empty: give at least one JSON object")
    return [dict(one) for one in found]


def _written(message: dict[str, object]) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode()
