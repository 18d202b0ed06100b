"""The fixed list of reasons, in words."""

from fastapi import APIRouter

from api.decisions.records import AllReasonCodes, ReasonCode, ReasonCodes
from api.documentation import answers
from api.identity.callers import CallerKnown
from api.routes.language import AskedLanguage
from api.routes.parameters import ParametersKnown
from patrol.decisions.reasons import REASONS, words_of

router = APIRouter(prefix="/v1", dependencies=[CallerKnown, ParametersKnown], tags=["decisions"])


@router.get("/reason-codes", responses=answers(AllReasonCodes), summary="Reasons of decisions")
async def get_reason_codes(language: AskedLanguage) -> AllReasonCodes:
    """List the reasons that decisions can be given; whatever is decided, words stand beside."""
    return AllReasonCodes(
        decisions=[
            ReasonCodes(
                decision=what,
                codes=[
                    ReasonCode(reason_code=code, reason=words_of(what, code, language))
                    for code in codes
                ],
            )
            for what, codes in REASONS.items()
        ]
    )
