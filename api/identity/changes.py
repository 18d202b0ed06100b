"""What has been changed, by whom and why: a row beside every change, in its own transaction."""

from collections.abc import Mapping
from typing import Any, Final

from psycopg.types.json import Jsonb
from pydantic import TypeAdapter

from api.views import Asking, Change

_RECORD: Final = """
-- who has changed what, when and why
insert into change_log (account_id, what, key, before, after, reason)
values (%(account_id)s, %(what)s, %(key)s, %(before)s, %(after)s, %(reason)s)
"""

State = Mapping[str, Any]

_ANY: Final = TypeAdapter[Any](Any)


async def record_change(  # noqa: PLR0913 - the columns of the row
    change: Change,
    *,
    asking: Asking,
    what: str,
    key: str,
    before: State | None,
    after: State | None,
    reason: str = "",
) -> None:
    """Write down, in the transaction of `change`, that a `what` named `key` became `after`.

    `before` is None for what was made, `after` for what was taken away; dates, times and models
    in them are stored as in JSON. Give no secret and nothing that says where a person was.
    """
    await change.write(
        _RECORD,
        account_id=asking.account_id or asking.reader,
        what=what,
        key=key,
        before=_stored(before),
        after=_stored(after),
        reason=reason,
    )


def _stored(state: State | None) -> Jsonb | None:
    return None if state is None else Jsonb(_ANY.dump_python(dict(state), mode="json"))
