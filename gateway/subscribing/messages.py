"""What a message of a phone comes to, as on a line of requests. Pure but for the register."""

from datetime import datetime, timedelta
from typing import NamedTuple

from gateway.codecs.events import Event, Happened, Located
from gateway.codecs.owntracks.codec import OwntracksCodec
from gateway.codecs.owntracks.senders import Sender
from gateway.codecs.profile import Profile
from gateway.registry import Registry
from gateway.serving.line import Line
from gateway.serving.orders import Order
from gateway.serving.reading import Reading
from gateway.serving.repeats import Repeats
from gateway.serving.work import Work

PROTOCOL = "owntracks"

# The answer to `reportLocation`, as the phone marks it.
_RESPONSE = "r"
_LAST_WILL = "lwt"
# What the broker retains is told anew whenever somebody subscribes: it is no sign of life.
_FRESH = timedelta(minutes=15)


class Heard(NamedTuple):
    """What a message said; `name` is its user and device, and empty where the topic names none.

    `answers` is what it answers to. A phone that `is_lost` is so by the broker's word.
    """

    name: str
    work: Work
    answers: tuple[Order, ...] = ()
    is_alive: bool = False
    is_lost: bool = False


class MessageLine(Line):
    """All that comes from the broker; the topic alone says whom a message is from."""

    def __init__(self, registry: Registry, *, repeats: Repeats) -> None:
        super().__init__(PROTOCOL, registry, peer="mqtt", repeats=repeats)

    def take_message(self, topic: str, payload: bytes, *, received_at: datetime) -> Heard:
        """Return what a message says."""
        sender = Sender.of_topic(topic)
        name = f"{sender.user}/{sender.device}" if sender.user and sender.device else ""
        self.entry = None
        codec = OwntracksCodec(self._profile_of(name) or Profile(), admit=self._admit)
        events = codec.take_message(topic, payload)
        work = self._work(Reading(events, frames=1), received_at)
        return Heard(
            name,
            work,
            answers=tuple(order for event in events if (order := _answered(event)) is not None),
            is_alive=any(_is_fresh(event, received_at) for event in events),
            is_lost=any(isinstance(one, Happened) and one.kind == _LAST_WILL for one in events),
        )


def _answered(event: Event) -> Order | None:
    if isinstance(event, Located) and event.attributes.get("trigger") == _RESPONSE:
        return Order.LOCATE
    if isinstance(event, Happened) and event.kind == "configuration":
        return Order.DUMP
    return None


def _is_fresh(event: Event, received_at: datetime) -> bool:
    if isinstance(event, Located):
        return event.fix is not None and abs(received_at - event.fix.epoch) < _FRESH
    return isinstance(event, Happened) and event.kind in {"transition", "status", "configuration"}
