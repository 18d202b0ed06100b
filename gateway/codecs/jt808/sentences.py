"""Lines in round brackets, as locks speak between their frames."""

from datetime import datetime

from gateway.codecs.events import Alive, Event, Happened, Reply
from gateway.codecs.jt808.conversation import Conversation

_TIME_REQUEST = "BASE,2"


def read_sentence(text: str, talk: Conversation, *, received_at: datetime) -> list[Event]:
    """Take a line such as `(740190311185,1,001,ELOCK,3,529439)`, whose first field is an id.

    One that asks for the time with the word TIME is answered with itself, UTC in its place.
    """
    first = text.strip("()").split(",")[0]
    terminal_id = first if first.isdecimal() else talk.terminal_id or None
    if _TIME_REQUEST not in text:
        return [Happened(terminal_id=terminal_id, kind="reply", attributes={"text": text})]
    answer = text.replace("TIME", f"{received_at:%Y%m%d%H%M%S}")
    asked = Alive(terminal_id=terminal_id, attributes={"asked": "time", "text": text})
    return [asked, Reply(data=answer.encode("ascii"))]
