"""What is asked and answered of purposes, retention, holds and erasures."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from api.decisions.shapes import Body, Revision, Text
from api.shapes import WORKER, Id, Shape

_ACTOR = ["ma.jun"]
_AT = ["2026-11-21T02:00:00Z"]


class Kept(Shape):
    """How long one kind of data is kept, as it was enforced last."""

    kind: str = Field(examples=["positions"])
    days: int = Field(description="how many days it is kept", examples=[60])
    kept_from: datetime = Field(
        description="nothing older is there", examples=["2026-09-22T16:00:00Z"]
    )
    enforced_at: datetime = Field(examples=_AT)


class Retention(Shape):
    """How long each kind of data is kept; empty before `patrol ingest keep` has run once."""

    kinds: list[Kept]


class Purpose(Shape):
    """What personal data are processed for."""

    purpose_id: str = Field(examples=["duty-attendance"])
    text: str = Field(
        description="in the language asked for",
        examples=["to show that grids were patrolled and homes visited as the roster says"],
    )
    text_en: str = Field(
        examples=["to show that grids were patrolled and homes visited as the roster says"]
    )
    text_zh: str = Field(examples=["用于核实网格巡查和入户走访是否按排班完成"])
    legal_basis: str = Field(examples=["labour contract, annex 2"])
    since: date = Field(examples=["2026-01-01"])
    until: date | None = Field(examples=[None])
    revision: int = Field(examples=[1])


class Purposes(Shape):
    """The purposes of this deployment, by purpose_id."""

    purposes: list[Purpose]


class Registering(Body):
    """A purpose as it is to be; a revision of 0 is that of a new one."""

    text_en: Text
    text_zh: Text
    legal_basis: Text
    until: date | None = Field(None, description="the first day without it", examples=[None])
    revision: Revision = 0


class Hold(Shape):
    """Until this day nothing of a worker is erased or dropped."""

    hold_id: int = Field(examples=[3])
    worker_id: str = Field(examples=WORKER)
    reason: str = Field(examples=["case 17 of the labour court"])
    until: date = Field(description="the last day", examples=["2027-06-30"])
    placed_by: str = Field(examples=_ACTOR)
    placed_at: datetime = Field(examples=_AT)


class Holds(Shape):
    """Holds by hold_id, past ones too."""

    holds: list[Hold]


class HoldWanted(Body):
    """A hold that is to be placed."""

    worker_id: Id = Field(examples=WORKER)
    reason: Text
    until: date = Field(description="the last day", examples=["2027-06-30"])


class EndingHold(Body):
    """A hold that is to end on another day."""

    until: date = Field(description="the last day; yesterday ends it", examples=["2026-11-20"])
    text: Text


def _read_report(stored: Any) -> Any:  # noqa: ANN401 - as it was stored
    return {} if stored is None else stored


class ErasureReport(Shape):
    """What went, and what stays."""

    gone: dict[str, int] = Field(
        default_factory=dict, description="rows by kind", examples=[{"positions": 41022}]
    )
    stays: list[str] = Field(
        default_factory=list,
        description="with the reason",
        examples=[["22 worker-days of 2026-10: the month is frozen; they go with results_days"]],
    )
    is_held: bool = Field(default=False, examples=[False])
    worker_id: str | None = Field(None, examples=WORKER)


class Erasure(Shape):
    """Somebody who has left is to be erased."""

    erasure_id: int = Field(examples=[2])
    worker_id: str = Field(examples=WORKER)
    status: Literal["asked", "confirmed", "refused", "done"] = Field(examples=["asked"])
    text: str = Field(examples=["left on 31 October"])
    asked_by: str = Field(examples=_ACTOR)
    asked_at: datetime = Field(examples=_AT)
    decided_by: str | None = Field(examples=[None])
    decided_at: datetime | None = Field(examples=[None])
    done_at: datetime | None = Field(examples=[None])
    report: Annotated[ErasureReport, BeforeValidator(_read_report)]
    revision: int = Field(examples=[1])


class Erasures(Shape):
    """Erasures by erasure_id."""

    erasures: list[Erasure]


class AskingErasure(Body):
    """Whom to erase, and why now."""

    worker_id: Id = Field(examples=WORKER)
    text: Text


class DecidingErasure(Body):
    """An erasure confirmed or refused by a second administrator."""

    status: Literal["confirmed", "refused"] = Field(examples=["confirmed"])
    text: Text
    revision: Revision
