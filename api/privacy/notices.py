"""What everybody is told: what data are processed for, and how long they are kept."""

from typing import Annotated, Final

from fastapi import APIRouter, Path

from api.decisions.acting import changed
from api.documentation import answers
from api.identity.callers import AskingCaller, CallerKnown, Operates
from api.identity.changes import record_change
from api.privacy.shapes import Kept, Purpose, Purposes, Registering, Retention
from api.problems import CHANGED_MEANWHILE, invalid_parameter
from api.routes.language import AskedLanguage
from api.routes.parameters import ParametersKnown
from api.views import AskedViews, Asking

router = APIRouter(prefix="/v1", dependencies=[CallerKnown, ParametersKnown], tags=["privacy"])

_RETENTION: Final = """
-- how long each kind of data is kept
select kind, days, kept_from, enforced_at from v1_retention order by kind
"""

_PURPOSES: Final = """
-- what personal data are processed for
select purpose_id, '' as text, text_en, text_zh, legal_basis, since, until, revision
  from v1_purpose
 where %(purpose_id)s::text is null or purpose_id = %(purpose_id)s
 order by purpose_id
"""

_TAKE: Final = """
-- a purpose, for whoever changes it
select purpose_id, text_en, text_zh, legal_basis, since, until, revision
  from purpose where purpose_id = %(purpose_id)s
   for update
"""

_LOCK: Final = """
-- one at a time, so that no purpose is made twice
select pg_advisory_xact_lock(17, hashtext(%(purpose_id)s))
"""

_PUT: Final = """
-- made, or made another
insert into purpose (purpose_id, text_en, text_zh, legal_basis, until)
values (%(purpose_id)s, %(text_en)s, %(text_zh)s, %(legal_basis)s, %(until)s)
on conflict (purpose_id) do update
   set text_en = excluded.text_en, text_zh = excluded.text_zh,
       legal_basis = excluded.legal_basis, until = excluded.until,
       revision = purpose.revision + 1
"""

_IS_AFTER_BEGIN: Final = """
-- whether a purpose would end after it has begun
select %(until)s::date is null
    or %(until)s::date > coalesce((select since from purpose where purpose_id = %(purpose_id)s),
                                  current_date)
"""


@router.get("/retention", responses=answers(Retention), summary="How long data are kept")
async def get_retention(views: AskedViews, caller: AskingCaller) -> Retention:
    """List how long each kind of data is kept, and from when on things are there now."""
    async with views.snapshot(Asking(caller.name)) as snapshot:
        return Retention(kinds=await snapshot.rows(Kept, _RETENTION))


@router.get("/purposes", responses=answers(Purposes), summary="What data are processed for")
async def get_purposes(
    views: AskedViews, caller: AskingCaller, *, language: AskedLanguage
) -> Purposes:
    """List what personal data are processed for in this deployment, and on what it rests."""
    async with views.snapshot(Asking(caller.name)) as snapshot:
        found = await snapshot.rows(Purpose, _PURPOSES, purpose_id=None)
    told = [one.model_copy(update={"text": getattr(one, f"text_{language}")}) for one in found]
    return Purposes(purposes=told)


@router.put(
    "/purposes/{purpose_id}",
    responses=answers(Purpose, CHANGED_MEANWHILE),
    summary="Register a purpose",
)
async def put_purpose(
    purpose_id: Annotated[str, Path(pattern=r"^[a-z0-9_-]{1,64}$", examples=["duty-attendance"])],
    body: Registering,
    *,
    views: AskedViews,
    asking: Operates,
) -> Purpose:
    """Make a purpose, or change it; workers see it at once, and what it was is in the log."""
    async with views.change(asking) as change:
        await change.row(_LOCK, purpose_id=purpose_id)
        before = await change.row(_TAKE, purpose_id=purpose_id)
        revision = 0 if before is None else before["revision"]
        if revision != body.revision:
            raise changed(revision)
        if not await change.truth(_IS_AFTER_BEGIN, purpose_id=purpose_id, until=body.until):
            raise invalid_parameter("until", "is not after its begin", place="body")
        values = body.model_dump(exclude={"revision"})
        await change.write(_PUT, purpose_id=purpose_id, **values)
        await record_change(
            change, asking=asking, what="purpose", key=purpose_id, before=before, after=values
        )
        (made,) = await change.rows(Purpose, _PURPOSES, purpose_id=purpose_id)
    return made.model_copy(update={"text": made.text_en})
