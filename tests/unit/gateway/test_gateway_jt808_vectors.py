"""Every frame of the collection is read, each on a line of its own and all on one."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.codecs.events import Alive, Happened, Identified, Located, Photo, Refused, Reply
from tests.unit.gateway.jt808_frames import of_kind, said

LINES = (
    (Path(__file__).parents[2] / "frames" / "jt808.txt").read_text(encoding="utf-8").splitlines()
)
FRAMES = [bytes.fromhex(line) for line in LINES if not line.startswith("#")]


def test_every_frame_of_the_collection_says_what_it_should() -> None:
    """Pictures in two parts are one, and only the encrypted message is refused."""
    events = said(b"".join(FRAMES))

    counts = {kind.__name__: len(of_kind(kind, events)) for kind in KINDS}
    assert counts == {
        "Identified": 7,
        "Located": 14,
        "Alive": 3,
        "Happened": 4,
        "Photo": 2,
        "Refused": 1,
    }
    assert of_kind(Refused, events)[0].code == "encrypted"


KINDS = (Identified, Located, Alive, Happened, Photo, Refused)


@pytest.mark.parametrize("data", FRAMES, ids=range(len(FRAMES)))
def test_every_frame_alone_says_something(data: bytes) -> None:
    assert [event for event in said(data) if type(event) is not Reply]


def test_frames_of_public_captures_say_what_is_known_of_them() -> None:
    heartbeat, indoors, wearable = (said(data) for data in FRAMES[-3:])

    assert of_kind(Alive, heartbeat)[0].battery_pct == 93
    report = of_kind(Located, indoors)[0]
    assert report.fix is not None
    assert not report.fix.valid
    assert report.fix.epoch == datetime(2024, 6, 10, 8, 55, 43, tzinfo=UTC)
    assert report.attributes["cells"] == [
        {"mcc": 460, "mnc": 8, "lac": 0x27B1, "cell": 0x10C5, "signal": 22}
    ]
    report = of_kind(Located, wearable)[0]
    assert report.battery_pct == 99
    assert report.fix is not None
    assert (report.fix.lat_deg, report.fix.lon_deg) == (22.644830, 114.029380)
    assert report.fix.valid
