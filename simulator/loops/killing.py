"""Reports, photos and acts over HTTP, while the API and PostgreSQL are killed again and again."""

import hashlib
import http.client
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, Final

import psycopg
from psycopg.rows import dict_row

from patrol.errors import StateError
from patrol.workorders.history import replay
from runtime.uuids import uuid7
from runtime.workorders.rows import event_of, order_of
from simulator.loops.comparing import Difference
from simulator.loops.registers import fill
from simulator.loops.run import facts_differ
from simulator.loops.stage import Guarded, Line, open_session
from simulator.loops.truth.district import District

_PHOTO_BYTES: Final = 20_000
_AGAIN_S: Final = 0.05
_GIVE_UP_S: Final = 60.0
_OK: Final = range(200, 300)
_KILLED: Final = ("api", "postgres")

_ORDERS: Final = "select * from work_order order by order_id"
_EVENTS: Final = "select * from work_order_event order by order_id, revision"
_WITHOUT_ORDER: Final = """
-- reports that have no order, or whose order does not begin with them
select r.report_id::text
  from photo_report r
  left join work_order_report o using (terminal_id, report_id)
  left join work_order_event e
    on e.order_id = o.order_id and e.revision = 1 and e.report_id = r.report_id
 where e.order_id is null
"""
_NAMED: Final = "select distinct encode(sha256, 'hex') from report_photo"


@dataclass(slots=True)
class Told:
    """What somebody was told to be stored."""

    reports: set[str] = field(default_factory=set)
    photos: set[str] = field(default_factory=set)
    acts: set[tuple[str, int]] = field(default_factory=set)


def run_kills(*, kills: int, workers: int, seed: int, every_s: float = 1.0) -> int:
    """Run it and print what came of it; 0 when everything is whole."""
    with ExitStack() as ends:
        stage = Guarded(ends)
        told, differences = kill_by_turns(
            stage, kills=kills, workers=workers, seed=seed, every_s=every_s
        )
    _say(
        f"{kills} kills; told to be stored: {len(told.reports)} reports, {len(told.photos)} photos, "
        f"{len(told.acts)} acts"
    )
    for one in differences:
        _say(str(one))
    _say("Whole." if not differences else f"{len(differences)} differences.")
    return 1 if differences else 0


def kill_by_turns(
    stage: Guarded, *, kills: int, workers: int, seed: int, every_s: float
) -> tuple[Told, list[Difference]]:
    """Let workers report while something is killed again and again; return what is wrong then."""
    chance = Random(seed)  # noqa: S311 - the same each time
    with psycopg.connect(stage.dsn, autocommit=True) as conn:
        district = District(workers)
        fill(conn, district)
        tokens = [open_session(conn, district.worker(n).account_id) for n in range(workers)]
    told, stop = Told(), threading.Event()
    hands = [_Hand(stage.port, token, told=told, stop=stop) for token in tokens]
    threads = [threading.Thread(target=one.work, daemon=True) for one in hands]
    for one in threads:
        one.start()
    for number in range(kills):
        _wait_for_more(told, hands)
        time.sleep(every_s * chance.random())
        stage.kill(_KILLED[number % len(_KILLED)])
    _wait_for_more(told, hands)
    stop.set()
    for one in threads:
        one.join(_GIVE_UP_S)
    failed = [str(one.failed) for one in hands if one.failed is not None]
    if failed:
        raise StateError(f"somebody could not go on: {failed[0]}")
    with psycopg.connect(stage.dsn, autocommit=True) as conn:
        return told, list(_wrong(conn, told, stage.photos))


def _wait_for_more(told: Told, hands: Sequence["_Hand"]) -> None:
    """Return when something has been told again: what nobody asks for cannot be lost."""
    before, until = len(told.acts), time.monotonic() + _GIVE_UP_S
    while len(told.acts) == before and not any(one.failed for one in hands):
        if time.monotonic() > until:
            raise StateError("nothing is told to be stored any more")
        time.sleep(_AGAIN_S)


class _Hand:
    """One worker who reports, brings the photo and settles the matter, until it is told done."""

    def __init__(self, port: int, token: str, *, told: Told, stop: threading.Event) -> None:
        self._port, self._token = port, token
        self._told, self._stop = told, stop
        self.failed: Exception | None = None

    def work(self) -> None:
        try:
            while not self._stop.is_set():
                self._report()
        except Exception as error:  # noqa: BLE001 - told to whoever waits for this thread
            self.failed = error

    def _report(self) -> None:
        report_id = uuid7()
        body = uuid.uuid4().bytes * (_PHOTO_BYTES // 16)
        digest = hashlib.sha256(body).hexdigest()
        photo = {"sha256": digest, "bytes": len(body), "media_type": "image/jpeg"}
        report = {
            "report_id": report_id,
            "taken_at": datetime.now(UTC).isoformat(),
            "category": "hygiene",
            "photos": [photo],
        }
        order_id = self._until_told("POST", "/v1/reports", report)["order_id"]
        self._told.reports.add(report_id)
        self._bring(digest, body)
        self._told.photos.add(digest)
        settle = {"act": "settle", "revision": 1, "photos": [digest]}
        revision = self._until_told("POST", f"/v1/orders/{order_id}/acts", settle)["revision"]
        self._told.acts.add((order_id, revision))

    def _until_told(self, method: str, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        until = time.monotonic() + _GIVE_UP_S
        while True:
            try:
                line = Line(self._port, self._token)
                answer = line.ask(method, path, body)
                line.close()
            except (OSError, http.client.HTTPException, ValueError):
                answer = None
            if answer is not None and answer.status in _OK:
                found: Mapping[str, Any] = answer.body
                return found
            if answer is not None and answer.status == http.client.CONFLICT:
                # It was done, and the answer was lost.
                return {"revision": answer.body["revision"]}
            if time.monotonic() > until:
                raise StateError(f"{method} {path}: {answer}")
            time.sleep(_AGAIN_S)

    def _bring(self, digest: str, body: bytes) -> None:
        until = time.monotonic() + _GIVE_UP_S
        while not self._is_brought(digest, body):
            if time.monotonic() > until:
                raise StateError(f"photo {digest} is not taken")
            time.sleep(_AGAIN_S)

    def _is_brought(self, digest: str, body: bytes) -> bool:
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Tus-Resumable": "1.0.0",
            "Content-Type": "application/offset+octet-stream",
        }
        path = f"/v1/photos/{digest}"
        line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10.0)
        try:
            line.request("HEAD", path, headers=headers)
            there = line.getresponse()
            there.read()
            offset = int(there.getheader("Upload-Offset") or "0")
            if there.getheader("Repr-Digest") is not None:
                return True
            headers["Upload-Offset"] = str(offset)
            line.request("PATCH", path, body=body[offset:], headers=headers)
            answer = line.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            line.close()
        return answer.getheader("Repr-Digest") is not None


def _wrong(conn: psycopg.Connection, told: Told, photos: Path) -> Iterator[Difference]:
    """Yield all that is not whole, or not there although it was told to be."""
    with conn.cursor(row_factory=dict_row) as cursor:
        events: dict[str, list[Any]] = {}
        for row in cursor.execute(_EVENTS):
            events.setdefault(str(row["order_id"]), []).append(event_of(row))
        for row in cursor.execute(_ORDERS):
            order = order_of(row)
            true = replay(events.get(order.order_id, ()))
            if order != true:
                yield Difference("order", order.order_id, true, order)
    written = {(one.order_id, one.revision) for many in events.values() for one in many}
    for order_id, revision in told.acts - written:
        yield Difference(f"act {revision} of", order_id, "told", "missing")
    reports = {one.report_id for many in events.values() for one in many}
    for report_id in told.reports - reports:
        yield Difference("report", report_id, "told", "missing")
    for (report_id,) in conn.execute(_WITHOUT_ORDER):
        yield Difference("report", report_id, "one order", "no first event")
    yield from _wrong_photos(conn, told, photos)
    yield from facts_differ(conn)


def _wrong_photos(conn: psycopg.Connection, told: Told, photos: Path) -> Iterator[Difference]:
    named = {digest for (digest,) in conn.execute(_NAMED)}
    there = {one.name: one for one in photos.glob("??/*") if len(one.name) == len("00" * 32)}
    for digest in told.photos:
        found = there.get(digest)
        if found is None or hashlib.sha256(found.read_bytes()).hexdigest() != digest:
            yield Difference("photo", digest, "told", "missing or another")
    for digest in there.keys() - named:
        yield Difference("photo", digest, "named by a report", "an orphan")


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - the command's answer
