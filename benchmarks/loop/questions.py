"""Pages of inboxes, and the measures of a month, asked over and over."""

from random import Random
from typing import Final

from benchmarks.api.questions import Question, World

_INBOX: Final = "/v1/orders/inbox?limit=50"
STREETS: Final = 12

QUESTIONS: Final = (
    Question(
        name="inbox_of_street",
        text="a page of a street's inbox",
        who="street",
        goal_ms=50,
        ours=lambda _, __: _INBOX,
        plain=lambda _, __: "/inbox/street/S1",
        least_bytes=500,
    ),
    Question(
        name="inbox_of_grid",
        text="a page of a grid's inbox, by its supervisor",
        who="grid",
        goal_ms=50,
        ours=lambda _, __: _INBOX,
        plain=lambda _, __: "/inbox/grid/G1",
        least_bytes=2,
    ),
    Question(
        name="inbox_of_department",
        text="a page of a department's inbox",
        who="department",
        goal_ms=50,
        ours=lambda _, __: _INBOX,
        plain=lambda _, __: "/inbox/department/roads",
        least_bytes=500,
    ),
)


def _measures(_: Random, world: World) -> str:
    return f"/v1/measures?by=grid&limit=5000&{world.month}"


def _plain_measures(_: Random, world: World) -> str:
    return f"/measures?{world.month.replace('from=', 'first=').replace('to=', 'last=')}"


MEASURES: Final = Question(
    name="measures",
    text="the measures of a month, by grid",
    who="district",
    goal_ms=300,
    ours=_measures,
    plain=_plain_measures,
    least_bytes=1_000,
)
