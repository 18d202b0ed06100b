"""All that is kept of a worker, for that worker: one ZIP of JSON."""

# ruff: noqa: RUF001 - Chinese has punctuation of its own

import json
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from typing import IO, Any, Final, LiteralString

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response, StreamingResponse
from psycopg import sql
from pydantic_core import to_jsonable_python

from api.decisions.kinds import UNKNOWN_SUBJECT, unknown
from api.documentation import Answers, refusals
from api.identity.callers import Answers as AnswersForOneself
from api.identity.callers import CallerKnown
from api.problems import (
    BODY_TOO_LARGE,
    FAILED,
    INVALID_REQUEST,
    NOT_PERMITTED,
    TOKEN_REQUIRED,
    TOO_MANY_REQUESTS,
    UNAVAILABLE,
)
from api.reading.accesses import AskedAccesses, Reading
from api.routes.parameters import ParametersKnown
from api.views import AskedViews, Asking, Snapshot, Views

router = APIRouter(prefix="/v1/me", dependencies=[CallerKnown, ParametersKnown], tags=["privacy"])

_ZIP: Final = "application/zip"
_PIECE_BYTES: Final = 1 << 16
# So many rows are written at once, away from the loop that serves others.
_ROWS: Final = 1000

# Nobody else's is in any of these.
_OWN: Final = sql.SQL("""
-- what there is of whoever asks
select * from {view} where worker_id in (select worker_id from v1_my_worker) order by {order}
""")

_ACCOUNT: Final = """
-- the account, without what opens it
select a.account_id, a.name, a.created_at,
       coalesce(jsonb_agg(jsonb_build_object('role', r.role, 'area_id', r.area_id,
                                             'grid_id', r.grid_id, 'valid_from', r.valid_from,
                                             'valid_to', r.valid_to)
                          order by r.valid_from, r.role)
                filter (where r.role is not null), '[]') as roles
  from account a
  left join account_role r using (account_id)
 where a.worker_id in (select worker_id from v1_my_worker)
 group by a.account_id, a.name, a.created_at
"""

_READINGS: Final = """
-- who has read something
select at, reader, role, what, day, last_day, grid_id, purpose
  from access_log
 where worker_id in (select worker_id from v1_my_worker)
 order by access_id
"""

_WATCHED: Final = """
-- who has watched many at once, by the hour
select at, reader, role, what, grid_id, hour
  from access_log
 where worker_ids && array(select worker_id from v1_my_worker)
 order by access_id
"""


def _own(view: str, *order: str) -> sql.Composed:
    names = sql.SQL(", ").join(map(sql.Identifier, order))
    return _OWN.format(view=sql.Identifier(view), order=names)


# By file: what is in it, and in which order.
_FILES: Final[Mapping[str, LiteralString | sql.Composed]] = {
    "worker": _own("v1_worker", "worker_id"),
    "account": _ACCOUNT,
    "purposes": "select * from v1_purpose order by purpose_id",
    "retention": "select * from v1_retention order by kind",
    "terminals": _own("v1_carried", "valid_from", "terminal_id"),
    "duty": _own("v1_duty", "start_at"),
    "tracks": _own("v1_track", "epoch", "terminal_id"),
    "checkins": _own("v1_worker_checkin", "at", "checkin_id"),
    "reports": _own("v1_worker_report", "taken_at", "report_id"),
    "events": _own("v1_worker_event", "at", "event_id"),
    "results": _own("v1_compliance", "day"),
    "month_totals": _own("v1_month_total", "month"),
    "presence": _own("v1_presence", "start_at"),
    "visits": _own("v1_visit", "start_at"),
    "excused": _own("v1_excused", "start_at"),
    "coverage": _own("v1_coverage", "day", "grid_id"),
    "checkpoints": _own("v1_checkpoint_pass", "start_at"),
    "findings": _own("v1_finding", "finding_id"),
    "corrections": _own("v1_correction", "correction_id"),
    "appeals": _own("v1_appeal", "appeal_id"),
    "decisions": _own("v1_decision_event", "event_id"),
    "recomputed": _own("v1_recomputed_day", "day"),
    "notices": _own("v1_notice", "notice_id"),
    "statements": _own("v1_statement", "number"),
    "access_log": _READINGS,
    "watched": _WATCHED,
}

_READ_ME: Final = """All that is kept of you here, one file a kind, each a list of JSON objects.
Times are UTC, durations seconds (_s), places degrees WGS-84. An empty list: nothing of that kind.
这里保存的关于您的全部数据，每类一个文件。时间为 UTC，时长以秒计，坐标为 WGS-84。空列表表示没有该类数据。
terminals.json: what the terminals that you carried have sent. `off_duty` fixes were dropped when
they came and are nowhere; the counts are of the terminal, whoever carried it.
off_duty：下班期间的定位点，收到即丢弃，不作任何保存；计数属于该终端。
statements.json: `content` hashed by SHA-256 is `content_sha256`; see docs/explanation/privacy.md.
"""

_ANSWERS: Final[Answers] = {
    200: {
        "description": "The file",
        "content": {_ZIP: {"schema": {"type": "string", "format": "binary"}}},
    },
    **refusals(
        UNKNOWN_SUBJECT,
        *(TOKEN_REQUIRED, NOT_PERMITTED, INVALID_REQUEST, BODY_TOO_LARGE, TOO_MANY_REQUESTS),
        *(FAILED, UNAVAILABLE),
    ),
}


@router.get(
    "/export", responses=_ANSWERS, response_class=Response, summary="All that is kept of me, as ZIP"
)
async def export_own(
    *, views: AskedViews, asking: AnswersForOneself, accesses: AskedAccesses
) -> Response:
    """Return all that is kept of the worker who asks: JSON by kind, and nothing of anybody else.

    That it was asked for is in the access log, as every reading is.
    """
    if asking.worker_id is None:
        raise unknown("worker that this account is of")
    await accesses.record(asking, Reading(what="export", worker_id=asking.worker_id))
    file = await _write(views, asking)
    headers = {"Content-Disposition": f'attachment; filename="{asking.worker_id}.zip"'}
    return StreamingResponse(_pieces_of(file), media_type=_ZIP, headers=headers)


async def _write(views: Views, asking: Asking) -> IO[bytes]:
    # Whoever reads slowly must not hold a connection to the database: the file is made first.
    file = await run_in_threadpool(tempfile.TemporaryFile)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", _READ_ME)
        async with views.snapshot(asking) as snapshot:
            for name, question in _FILES.items():
                await _write_kind(archive, snapshot, name=f"{name}.json", question=question)
    await run_in_threadpool(file.seek, 0)
    return file


async def _write_kind(
    archive: zipfile.ZipFile,
    snapshot: Snapshot,
    *,
    name: str,
    question: LiteralString | sql.Composed,
) -> None:
    with archive.open(name, "w", force_zip64=True) as member:
        lead = "[\n"
        rows: list[dict[str, Any]] = []
        async for row in snapshot.stream(question):
            rows.append(row)
            if len(rows) == _ROWS:
                await run_in_threadpool(_put, member, rows, lead)
                lead, rows = ",\n", []
        await run_in_threadpool(_put, member, rows, lead)
        member.write(b"\n]\n")


def _put(member: IO[bytes], rows: list[dict[str, Any]], lead: str) -> None:
    lines = [json.dumps(to_jsonable_python(row), ensure_ascii=False) for row in rows]
    if lines or lead == "[\n":
        member.write((lead + ",\n".join(lines)).encode())


def _pieces_of(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE_BYTES):
            yield piece
