"""What people are asked to look at, by range of days, worker and kind, in pages."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from api.documentation import answers
from api.findings import FindingsPage, WantedFindings, in_words
from api.identity.callers import CallerKnown, ReadsResults
from api.problems import CURSOR_ADVICE, invalid_parameter
from api.routes.compliance import MAX_LIMIT, DaysQuery, choose_days
from api.routes.language import ASKED, AcceptLanguage, choose_language
from api.routes.parameters import ParametersKnown
from api.shapes import Id
from api.views import AskedViews
from patrol.anomalies.findings import FindingKind
from patrol.reasons import Language
from runtime.clock import utc_now

router = APIRouter(prefix="/v1", dependencies=[CallerKnown, ParametersKnown], tags=["findings"])

_PLACE = r"^\d{4}-\d{2}-\d{2}\.[A-Za-z0-9_-]{1,64}\.\d{1,18}$"


class FindingsQuery(DaysQuery):
    """Which findings are asked for."""

    worker_id: Id | None = Field(None, description="only this worker's")
    kind: FindingKind | None = Field(None, description="only those of this kind")
    limit: int = Field(100, ge=1, le=MAX_LIMIT, description="findings a page")
    cursor: str | None = Field(
        None, pattern=_PLACE, description="next_cursor of the page before, unchanged"
    )
    lang: Language | None = Field(None, description=ASKED)


@router.get("/findings", responses=answers(FindingsPage), summary="Findings")
async def get_findings(
    query: Annotated[FindingsQuery, Query()],
    *,
    views: AskedViews,
    asking: ReadsResults,
    response: Response,
    accept_language: AcceptLanguage = "",
) -> FindingsPage:
    """List findings, by day, worker_id and finding_id, both ends of the range included.

    A finding says what was seen and proves nothing: each kind has honest causes. It is `new`,
    then `explained` by the worker, then `upheld` or `dismissed` by a person with a reason.
    """
    first_day, last_day = choose_days(query, now=utc_now())
    after, after_worker_id, after_id = _read_cursor(query.cursor)
    wanted = WantedFindings(
        first_day=first_day,
        last_day=last_day,
        worker_id=query.worker_id,
        kind=query.kind,
        after=after,
        after_worker_id=after_worker_id,
        after_id=after_id,
        # One more tells whether there is another page.
        limit=query.limit + 1,
    )
    async with views.snapshot(asking) as snapshot:
        # A slip of the pen must not look like a worker without findings.
        if query.worker_id is not None and not await snapshot.has_worker(query.worker_id):
            raise invalid_parameter("worker_id", "no worker has this id; /v1/workers lists them")
        found = await snapshot.findings(wanted)
    language = choose_language(query.lang, accept_language, response)
    page = [in_words(one, language) for one in found[: query.limit]]
    last = page[-1] if len(found) > query.limit else None
    return FindingsPage(
        first_day=first_day,
        last_day=last_day,
        findings=page,
        next_cursor=f"{last.day}.{last.worker_id}.{last.finding_id}" if last else None,
    )


def _read_cursor(cursor: str | None) -> tuple[date | None, str | None, int | None]:
    if cursor is None:
        return None, None, None
    day, worker_id, finding_id = cursor.split(".")
    try:
        return date.fromisoformat(day), worker_id, int(finding_id)
    except ValueError as error:
        raise invalid_parameter("cursor", CURSOR_ADVICE) from error
