"""Reports with photos, the way of terminals: metadata over MQTT, `stored`, then the photo over HTTP."""

import hashlib
import http.client
import io
import json
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import numpy as np
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from PIL import Image

from benchmarks.api.stage import Answering
from benchmarks.ingest.table import Figure, ratio
from benchmarks.reading.ways import cpu_s
from patrol.ids import TerminalId
from patrol.messages import Position
from patrol.notices.reports import MediaType, Photo, PhotoReport, encode_report
from patrol.topics import Kind, Topics
from runtime.mqtt import BrokerSettings
from runtime.uuids import uuid7

GOAL_A_SECOND: Final = 200
PHOTO_BYTES: Final = 300_000
_LOOPBACK: Final = "127.0.0.1"
_TIMEOUT_S: Final = 30.0
_TAIL_BYTES: Final = 32


class Sent(NamedTuple):
    """How many went through whole in how long, and how long each took."""

    whole: int
    lasted_s: float
    took_ms: list[float]

    @property
    def a_second(self) -> float:
        """How many a second."""
        return self.whole / self.lasted_s


def make_photo(number: int = 0) -> bytes:
    """Return a JPEG of `PHOTO_BYTES`: noise, so that it is as large as one of a street."""
    chance = np.random.default_rng(number)
    pixels = chance.integers(0, 255, (600, 800, 3), dtype=np.uint8)
    quality, body = 95, b""
    while quality > 1:
        out = io.BytesIO()
        Image.fromarray(pixels).save(out, "JPEG", quality=quality)
        body = out.getvalue()
        if len(body) <= PHOTO_BYTES - _TAIL_BYTES:
            break
        quality -= 3
    return body.ljust(PHOTO_BYTES - _TAIL_BYTES, b"\0")


@dataclass(slots=True)
class Receipts:
    """A client that publishes for all terminals, and hears what is stored."""

    settings: BrokerSettings
    _waiting: dict[str, threading.Event] = field(default_factory=dict)
    _topics: Topics = field(default_factory=Topics)
    _client: Any = None

    def open(self) -> None:
        """Connect and subscribe."""
        is_there = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self._client.on_message = self._hear
        self._client.on_subscribe = lambda *_: is_there.set()
        self._client.on_connect = lambda client, *_: client.subscribe("gp/1/+/stored", qos=1)
        self._client.connect(self.settings.host, self.settings.port)
        self._client.loop_start()
        if not is_there.wait(_TIMEOUT_S):
            raise RuntimeError("the broker does not let anybody subscribe")

    def close(self) -> None:
        """Hang up."""
        self._client.disconnect()
        self._client.loop_stop()

    def tell(self, terminal: str, report: PhotoReport) -> bool:
        """Publish a report; whether it was said to be stored."""
        is_stored = self._waiting[report.report_id] = threading.Event()
        topic = self._topics.of(TerminalId(terminal), Kind.REPORT)
        self._client.publish(topic, encode_report(report), qos=1)
        return is_stored.wait(_TIMEOUT_S)

    def _hear(self, _client: object, _userdata: object, message: mqtt.MQTTMessage) -> None:
        for one in json.loads(message.payload).get("ids", ()):
            found = self._waiting.pop(one, None)
            if found is not None:
                found.set()


def send_ours(
    receipts: Receipts, at: Answering, *, terminals: Sequence[tuple[str, str]], seconds: float
) -> Sent:
    """Let each terminal report again and again, a report only when the photo before is stored."""
    photo = make_photo()

    def make(number: int) -> Callable[[], None]:
        name, token = terminals[number]
        line = http.client.HTTPConnection(_LOOPBACK, at.port, timeout=_TIMEOUT_S)
        place = Position(0, 300_027_000, 1_040_031_500, accuracy_dm=60)

        def once() -> None:
            body = photo + uuid7().encode()[:_TAIL_BYTES]
            digest = hashlib.sha256(body).hexdigest()
            now = datetime.now(UTC)
            report = PhotoReport(
                report_id=uuid7(),
                taken_at=now,
                category="hygiene",
                photos=(Photo(sha256=digest, bytes=len(body), media_type=MediaType.JPEG),),
                fix=place._replace(epoch_ms=int(now.timestamp() * 1000)),
            )
            if not receipts.tell(name, report):
                raise RuntimeError(f"the report of {name} was not stored")
            _bring(line, digest, body, token=token)

        return once

    return _send(make, lines=len(terminals), seconds=seconds)


def _bring(line: http.client.HTTPConnection, digest: str, body: bytes, *, token: str) -> None:
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/offset+octet-stream",
        "Tus-Resumable": "1.0.0",
        "Upload-Offset": "0",
    }
    line.request("PATCH", f"/v1/photos/{digest}", body=body, headers=headers)
    answer = line.getresponse()
    told = answer.read()
    if answer.getheader("Repr-Digest") is None:
        raise RuntimeError(f"the photo was not stored: {answer.status} {told[:300]!r}")


def send_plain(at: Answering, *, lines: int, seconds: float) -> Sent:
    """Send the same reports and photos to what one writes in an afternoon, each in one request."""
    photo = make_photo()

    def make(number: int) -> Callable[[], None]:
        line = http.client.HTTPConnection(_LOOPBACK, at.port, timeout=_TIMEOUT_S)

        def once() -> None:
            body = photo + uuid7().encode()[:_TAIL_BYTES]
            path = f"/report/{uuid7()}?terminal_id=T{number + 1}&category=hygiene"
            line.request(
                "POST", path, body=body, headers={"Content-Type": "application/octet-stream"}
            )
            answer = line.getresponse()
            told = answer.read()
            if answer.status != http.client.OK:
                raise RuntimeError(f"plain report: {answer.status} {told[:300]!r}")

        return once

    return _send(make, lines=lines, seconds=seconds)


def figures_of(
    ours: Callable[[], Sent], plain: Callable[[], Sent], *, repeats: int, pids: Sequence[int]
) -> list[Figure]:
    """Measure both by turns."""
    found, others, cpu = [], [], []
    for _ in range(repeats):
        before_s = sum(cpu_s(pid) for pid in pids)
        sent = ours()
        cpu.append(1000 * (sum(cpu_s(pid) for pid in pids) - before_s) / max(1, sent.whole))
        found.append(sent)
        others.append(plain())
    rate, plain_rate = (
        Figure(name=name, text=text, values=[one.a_second for one in sent], unit="/s", goal=goal)
        for name, text, sent, goal in (
            ("intake.reports_a_second", "reports with a photo of 300 kB", found, GOAL_A_SECOND),
            ("intake.plain_a_second", "  plain", others, None),
        )
    )
    p50, p99 = (
        Figure(
            name=f"intake.p{share}_ms",
            text=f"  from told to both stored, p{share}",
            values=[float(np.quantile(one.took_ms, share / 100)) for one in found],
            unit="ms",
        )
        for share in (50, 99)
    )
    processor = Figure(
        name="intake.cpu_ms",
        text="  processor time of API and ingest, a report",
        values=cpu,
        unit="ms",
    )
    beside = ratio("intake.of_plain", "  of what plain takes", one=rate, other=plain_rate)
    return [rate, p50, p99, processor, plain_rate, beside]


def _send(make: Callable[[int], Callable[[], None]], *, lines: int, seconds: float) -> Sent:
    began = time.perf_counter()

    def run(number: int) -> list[float]:
        once, took_ms = make(number), []
        while time.perf_counter() - began < seconds:
            at = time.perf_counter()
            once()
            took_ms.append(1000 * (time.perf_counter() - at))
        return took_ms

    with ThreadPoolExecutor(lines) as threads:
        took_ms = [one for many in threads.map(run, range(lines)) for one in many]
    return Sent(len(took_ms), time.perf_counter() - began, took_ms)
