"""Notices: a list, a stream, and taking one up; and the rules by which others are told."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from api.documentation import answers, refusals
from api.identity.callers import CallerKnown, Decides, Operates, ReadsResults
from api.identity.changes import record_change
from api.notices.sending import NotSentError, check_mail, check_url
from api.notices.shapes import (
    Deliveries,
    Delivery,
    Notice,
    NoticeKind,
    NoticesPage,
    Rule,
    RuleBody,
    RuleMade,
    Rules,
)
from api.notices.signing import make_secret
from api.notices.statements import (
    CHANGE,
    DELIVERIES,
    IS_DEPARTMENT,
    IS_TAKEN,
    MAKE,
    NOTICES,
    REACHES,
    REMOVE,
    RULES,
    SEE,
)
from api.notices.stream import Watch, asked, stream
from api.notices.telling import AskedTelling
from api.problems import (
    CHANGED_MEANWHILE,
    FAILED,
    INVALID_REQUEST,
    NOT_PERMITTED,
    TOKEN_REQUIRED,
    UNAVAILABLE,
    UNKNOWN_NOTICE,
    UNKNOWN_RULE,
    ProblemError,
    invalid_parameter,
)
from api.routes.parameters import ParametersKnown
from api.shapes import Id
from api.views import AskedViews, Asking, Change, Snapshot

router = APIRouter(prefix="/v1", dependencies=[CallerKnown, ParametersKnown], tags=["notices"])

_EVENTS = "text/event-stream"
_STREAMED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events by their kinds, `sos` and so on; data is a Notice, id its number",
        "content": {_EVENTS: {"schema": {"type": "string"}}},
    },
    **refusals(TOKEN_REQUIRED, NOT_PERMITTED, INVALID_REQUEST, FAILED, UNAVAILABLE),
}
_OF_WORKERS = frozenset({"sos", "outside", "silent"})
AskedRule = Annotated[Id, Path(examples=["desk-outside"])]
AskedNotice = Annotated[int, Path(ge=1, examples=[12])]


class NoticesQuery(BaseModel):
    """Which notices are asked for."""

    kind: NoticeKind | None = Field(None, description="only those of this kind")
    open: bool = Field(default=False, description="only what lasts and nobody has taken up")
    limit: int = Field(100, ge=1, le=500, description="notices a page")
    cursor: int | None = Field(None, ge=1, description="next_cursor of the page before")


@router.get("/notices", responses=answers(NoticesPage, NOT_PERMITTED), summary="Notices")
async def get_notices(
    query: Annotated[NoticesQuery, Query()],
    *,
    views: AskedViews,
    asking: ReadsResults,
    telling: AskedTelling,
) -> NoticesPage:
    """List what is to be heard of soon in the grids of whoever asks, the newest first."""
    values = asked(before=query.cursor, limit=query.limit + 1, open=query.open, kind=query.kind)
    async with views.snapshot(asking) as snapshot:
        found = await snapshot.rows(Notice, NOTICES, **values)
    page = await telling.told(asking, found[: query.limit])
    return NoticesPage(
        notices=page, next_cursor=page[-1].notice_id if len(found) > query.limit else None
    )


@router.get("/notices/live", responses=_STREAMED, response_class=StreamingResponse, summary="Live")
async def follow_notices(
    request: Request,
    asking: ReadsResults,
    *,
    telling: AskedTelling,
    last_event_id: Annotated[int, Header(ge=0, description="go on behind this one")] = 0,
) -> StreamingResponse:
    """Stream notices as they are found; with `Last-Event-ID` from behind that one.

    It ends after a quarter of an hour; browsers come again by themselves.
    """
    watch: Watch = request.app.state.notice_watch
    return StreamingResponse(
        stream(watch, asking, telling=telling, after=last_event_id), media_type=_EVENTS
    )


@router.get(
    "/notices/{notice_id}",
    responses=answers(Notice, NOT_PERMITTED, UNKNOWN_NOTICE),
    summary="A notice",
)
async def get_notice(
    notice_id: AskedNotice, *, views: AskedViews, asking: ReadsResults, telling: AskedTelling
) -> Notice:
    """Return one notice."""
    async with views.snapshot(asking) as snapshot:
        found = await _notice(snapshot, notice_id)
    return (await telling.told(asking, [found]))[0]


@router.post(
    "/notices/{notice_id}/seen",
    responses=answers(Notice, NOT_PERMITTED, UNKNOWN_NOTICE),
    summary="Take a notice up",
)
async def see_notice(
    notice_id: AskedNotice, *, views: AskedViews, asking: Decides, telling: AskedTelling
) -> Notice:
    """Say that you have taken it up; the first who says so stays in it."""
    async with views.change(asking) as change:
        await _notice(change, notice_id)
        await change.write(SEE, notice_id=notice_id, reader=asking.reader)
        found = await _notice(change, notice_id)
    return (await telling.told(asking, [found]))[0]


@router.get("/notice-rules", responses=answers(Rules, NOT_PERMITTED), summary="Rules of telling")
async def get_rules(views: AskedViews, asking: Operates) -> Rules:
    """List whom notices are told, within the reach of whoever asks."""
    async with views.snapshot(asking) as snapshot:
        return Rules(rules=await snapshot.rows(Rule, RULES, rule_id=None))


@router.put(
    "/notice-rules/{rule_id}",
    responses=answers(RuleMade, NOT_PERMITTED, CHANGED_MEANWHILE, UNKNOWN_RULE),
    summary="Make or change a rule of telling",
)
async def put_rule(
    rule_id: AskedRule, body: RuleBody, *, views: AskedViews, asking: Operates
) -> RuleMade:
    """Make a rule, or change the one whose `revision` you have read.

    A new webhook has a secret, shown in this answer only: its requests are signed as in Standard
    Webhooks. A rule tells of what is found after it was made.
    """
    _check_target(body)
    async with views.change(asking) as change:
        await _check_reach(change, body)
        before = await _rule(change, rule_id)
        if before is None and body.revision is not None:
            # There is none, or it is about what lies beyond: nobody is told which.
            raise _unknown(rule_id)
        secret = await _write(change, asking, rule_id=rule_id, body=body)
        after = await _rule(change, rule_id)
        assert after is not None  # noqa: S101 - just written in this transaction, for mypy
        await record_change(
            change,
            asking=asking,
            what="notice_rule",
            key=rule_id,
            before=before.model_dump() if before else None,
            after=after.model_dump(),
        )
    return RuleMade(**after.model_dump(), secret=secret)


@router.delete(
    "/notice-rules/{rule_id}",
    status_code=204,
    responses=refusals(
        TOKEN_REQUIRED, NOT_PERMITTED, UNKNOWN_RULE, INVALID_REQUEST, FAILED, UNAVAILABLE
    ),
    summary="Take a rule of telling away",
)
async def delete_rule(rule_id: AskedRule, *, views: AskedViews, asking: Operates) -> Response:
    """Take a rule away, with what it still had to tell."""
    async with views.change(asking) as change:
        before = await _rule(change, rule_id)
        if before is None:
            raise _unknown(rule_id)
        await change.write(REMOVE, rule_id=rule_id)
        await record_change(
            change,
            asking=asking,
            what="notice_rule",
            key=rule_id,
            before=before.model_dump(),
            after=None,
        )
    return Response(status_code=204)


@router.get(
    "/notice-rules/{rule_id}/deliveries",
    responses=answers(Deliveries, NOT_PERMITTED, UNKNOWN_RULE),
    summary="What became of telling",
)
async def get_deliveries(rule_id: AskedRule, *, views: AskedViews, asking: Operates) -> Deliveries:
    """List what became of the newest notices of a rule."""
    async with views.snapshot(asking) as snapshot:
        if await _rule(snapshot, rule_id) is None:
            raise _unknown(rule_id)
        return Deliveries(deliveries=await snapshot.rows(Delivery, DELIVERIES, rule_id=rule_id))


async def _notice(snapshot: Snapshot, notice_id: int) -> Notice:
    found = await snapshot.rows(Notice, NOTICES, **asked(notice_id=notice_id))
    if not found:
        raise ProblemError(UNKNOWN_NOTICE, f"no notice has the number {notice_id}")
    return found[0]


async def _rule(snapshot: Snapshot, rule_id: str) -> Rule | None:
    found = await snapshot.rows(Rule, RULES, rule_id=rule_id)
    return found[0] if found else None


async def _write(change: Change, asking: Asking, *, rule_id: str, body: RuleBody) -> str | None:
    """Make or change a rule; return the secret of a new webhook."""
    values = {**body.model_dump(), "rule_id": rule_id, "reader": asking.reader}
    if body.revision is not None:
        if not await change.write(CHANGE, **values):
            raise ProblemError(
                CHANGED_MEANWHILE,
                f"rule {rule_id!r} has another revision or channel, or is gone: read it again",
            )
        return None
    secret = make_secret() if body.channel == "webhook" else None
    # A name that is taken elsewhere is taken here, too; by whom, is not told.
    if await change.truth(IS_TAKEN, rule_id=rule_id):
        raise ProblemError(
            CHANGED_MEANWHILE, f"rule {rule_id!r} exists: give its revision, or another name"
        )
    await change.write(MAKE, **values, secret=secret)
    return secret


async def _check_reach(change: Change, body: RuleBody) -> None:
    if body.area_id is not None and body.grid_id is not None:
        raise invalid_parameter("grid_id", "give area_id or grid_id, not both", place="body")
    if not await change.truth(REACHES, grid_id=body.grid_id, area_id=body.area_id):
        raise invalid_parameter(
            "area_id", "no such grid or area is within your reach", place="body"
        )
    if body.department_id is not None and not await change.truth(
        IS_DEPARTMENT, department_id=body.department_id
    ):
        raise invalid_parameter("department_id", "there is no such department", place="body")


def _check_target(body: RuleBody) -> None:
    if (body.quiet_from is None) != (body.quiet_to is None):
        raise invalid_parameter("quiet_to", "give both or neither", place="body")
    if body.department_id is not None and body.kind in _OF_WORKERS:
        raise invalid_parameter("department_id", "is for kinds of orders", place="body")
    if body.kind == "order_event" and body.channel == "email":
        raise invalid_parameter("channel", "order_event goes to webhooks alone", place="body")
    try:
        if body.channel == "email":
            check_mail(body.target)
        else:
            check_url(body.target, plain_http=True)
    except NotSentError as error:
        raise invalid_parameter("target", str(error), place="body") from error


def _unknown(rule_id: str) -> ProblemError:
    return ProblemError(UNKNOWN_RULE, f"no rule within your reach has the name {rule_id!r}")
