"""Loss accounting: what became of the fixes that terminals numbered, and how late they came."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.documentation import answers
from api.identity.callers import CallerKnown, ReadsResults
from api.problems import NOT_PERMITTED, UNKNOWN_TERMINAL, invalid_parameter
from api.reading.statements import LOSS_DAYS, LOSSES
from api.routes.compliance import MAX_LIMIT, DaysQuery, choose_days
from api.routes.parameters import ParametersKnown
from api.routes.registry import AskedTerminal, ReadsOwnRegistry, unknown_terminal
from api.shapes import DAYS, WORKER, Id, Shape
from api.views import AskedViews
from runtime.clock import utc_now

router = APIRouter(prefix="/v1", dependencies=[CallerKnown, ParametersKnown], tags=["terminals"])

# An outbox may have any name that a terminal gives it.
_PLACE = r"^[A-Za-z0-9_-]{1,64}\.[^\x00]{0,100}$"
_MOST_DAYS = 31


class LossesQuery(BaseModel):
    """Of which terminals."""

    terminal_id: Id | None = Field(None, description="only of this terminal")
    limit: int = Field(100, ge=1, le=MAX_LIMIT, description="outboxes a page")
    cursor: str | None = Field(
        None, pattern=_PLACE, description="next_cursor of the page before, unchanged"
    )


class Loss(Shape):
    """The numbers of one outbox: a terminal numbers its fixes, and here is what became of them."""

    terminal_id: str = Field(examples=["T07"])
    outbox: str = Field(description="empty where the terminal names none", examples=["o1"])
    is_coarse: bool = Field(
        description="true: so many holes that they are not kept; nothing is known to miss",
        examples=[False],
    )
    heard_at: datetime = Field(examples=["2026-11-20T01:30:06Z"])
    first_seq: int | None = Field(description="least number that came", examples=[1])
    last_seq: int | None = Field(description="greatest number that came", examples=[10472])
    numbered: int = Field(
        description="sent: received + thinned + missing, where nothing is coarse", examples=[10472]
    )
    received: int = Field(description="came: stored + off_duty + set_aside", examples=[10460])
    stored: int = Field(description="kept as facts, or known already", examples=[10400])
    off_duty: int = Field(description="dropped, because nobody was on duty", examples=[50])
    set_aside: int = Field(description="of a wrong clock, no facts of any duty", examples=[10])
    thinned: int = Field(description="given up by rule in a full outbox", examples=[0])
    missing: int = Field(description="between the first and the last, and lost", examples=[12])


class LossesPage(Shape):
    """Losses by terminal_id and outbox; never by what is missing."""

    losses: list[Loss]
    next_cursor: str | None = Field(
        description="give it as cursor for the next page; null on the last one",
        examples=["T07.o1"],
    )


class LossDay(Shape):
    """What is stored of a terminal for one worker-day, and how late it came."""

    day: date = Field(description="local day on which the duty begins", examples=DAYS)
    worker_id: str = Field(description="who carried it", examples=WORKER)
    stored: int = Field(description="fixes within duty", examples=[2870])
    late: int = Field(
        description="of these, received more than 10 minutes after the fix", examples=[120]
    )
    sent_late: int = Field(description="of these, marked by the terminal as late", examples=[118])
    first_epoch: datetime = Field(examples=["2026-11-20T00:30:05Z"])
    last_epoch: datetime = Field(examples=["2026-11-20T08:29:55Z"])
    longest_delay_s: float = Field(description="from fix to receipt", examples=[1804.2])


class LossDays(Shape):
    """The worker-days of a terminal, by day and worker_id."""

    terminal_id: str = Field(examples=["T07"])
    first_day: date = Field(serialization_alias="from", examples=["2026-10-21"])
    last_day: date = Field(serialization_alias="to", examples=DAYS)
    days: list[LossDay]


@router.get("/losses", responses=answers(LossesPage, NOT_PERMITTED), summary="Loss accounting")
async def get_losses(
    query: Annotated[LossesQuery, Query()], *, views: AskedViews, asking: ReadsOwnRegistry
) -> LossesPage:
    """List what became of the numbers that terminals gave their fixes, since each outbox began.

    Between the first and the last number that came, those that did not come and were not given
    up by rule are `missing`: lost before they were here. Numbers know no days.
    """
    after, _, after_outbox = (query.cursor or "").partition(".")
    async with views.snapshot(asking) as snapshot:
        if query.terminal_id is not None and not await snapshot.terminals(query.terminal_id):
            raise invalid_parameter(
                "terminal_id", "no terminal has this id; /v1/terminals lists them"
            )
        found = await snapshot.rows(
            Loss,
            LOSSES,
            terminal_id=query.terminal_id,
            after=after or None,
            after_outbox=after_outbox,
            # One more tells whether there is another page.
            limit=query.limit + 1,
        )
    page = found[: query.limit]
    is_last = len(found) <= query.limit
    cursor = None if is_last else f"{page[-1].terminal_id}.{page[-1].outbox}"
    return LossesPage(losses=page, next_cursor=cursor)


@router.get(
    "/terminals/{terminal_id}/losses",
    responses=answers(LossDays, NOT_PERMITTED, UNKNOWN_TERMINAL),
    summary="What came of a terminal, by day",
)
async def get_loss_days(
    terminal_id: AskedTerminal,
    query: Annotated[DaysQuery, Query()],
    *,
    views: AskedViews,
    asking: ReadsResults,
) -> LossDays:
    """List what is stored of a terminal for worker-days that you may see, and how late it came.

    At most 31 days are counted at once.
    """
    first_day, last_day = choose_days(query, now=utc_now())
    if (last_day - first_day).days >= _MOST_DAYS:
        raise invalid_parameter("from", f"at most {_MOST_DAYS} days are counted at once")
    async with views.snapshot(asking) as snapshot:
        days = await snapshot.rows(
            LossDay, LOSS_DAYS, terminal_id=terminal_id, first_day=first_day, last_day=last_day
        )
        if not days and not await snapshot.terminals(terminal_id):
            raise unknown_terminal(terminal_id)
    return LossDays(terminal_id=terminal_id, first_day=first_day, last_day=last_day, days=days)
