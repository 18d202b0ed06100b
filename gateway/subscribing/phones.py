"""OwnTracks over MQTT: what phones say to a broker is kept before the broker may forget it."""

import asyncio
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from gateway.codecs.owntracks.commands import NONCE_BYTES, seal
from gateway.registry import Registry
from gateway.serving.house import GONE, House, now
from gateway.serving.orders import Order
from gateway.subscribing.messages import PROTOCOL, Heard, MessageLine
from gateway.subscribing.words import encode_phone_order
from patrol.errors import InputError
from patrol.ids import TerminalId
from runtime.clock import utc_now
from runtime.mqtt import BrokerSettings, Manner, Message, Session

# What stands behind `<base>/<user>/<device>`; `cmd` is what phones are told, by this gateway too.
_BRANCHES = (
    *("beacon", "dump", "event", "info", "lwt", "request", "response", "status", "step", "steps"),
    *("waypoint", "waypoints"),
)
_AT_ONCE = 100
_WAIT_S = 0.25
_AGAIN_S = 5.0
_GOODBYE_S = 1.0


@dataclass(eq=False, slots=True)
class Phone:
    """A phone, as the house sees it: a shared line that is never closed."""

    name: str
    registry: Registry
    publish: Callable[[bytes], bool]
    protocol: str = PROTOCOL
    address: str = "mqtt"
    is_shared: bool = True
    speakers: set[TerminalId] = field(default_factory=set)

    def send_order(self, what: str, argument: str) -> str | None:
        """Publish a command; return why not where it cannot be."""
        entry = self.registry.find(PROTOCOL, self.name)
        if entry is None:
            return "the phone is no longer registered"
        key = entry.profile.secret_key
        try:
            message = encode_phone_order(Order(what), argument)
            if key is not None:
                message = seal(message, key, nonce=secrets.token_bytes(NONCE_BYTES))
        except InputError as error:
            return str(error)
        return None if self.publish(message) else GONE

    def hang_up(self) -> None:
        """Do nothing: the line is the broker's."""

    def end(self, reason: str) -> None:
        """Do nothing: the line is the broker's."""

    def abort(self) -> None:
        """Do nothing: the line is the broker's."""

    def look_again(self) -> None:
        """Do nothing: each message is looked up by itself."""

    def check(self, now_s: float) -> None:
        """Do nothing: a phone may be silent for as long as it stands still."""


class Phones:
    """The subscription to what phones publish under `base`."""

    def __init__(self, house: House, broker: BrokerSettings, *, base: str) -> None:
        """Prepare the session; raises InputError when the broker's settings cannot be used."""
        self._house = house
        self._base = base
        self._line = MessageLine(house.registry, repeats=house.repeats)
        self._phones: dict[str, Phone] = {}
        self._unsettled = 0
        self._is_settled = asyncio.Event()
        self._is_settled.set()
        manner = Manner(
            client_id=f"{house.settings.client_id}-owntracks",
            subscriptions=[f"{base}/+/+", *(f"{base}/+/+/{branch}" for branch in _BRANCHES)],
            persistent=True,
        )
        self._session = Session(broker, manner)

    @property
    def is_connected(self) -> bool:
        """Whether the broker has accepted us and the line stands."""
        return self._session.is_connected

    async def run(self, stop: asyncio.Event) -> None:
        """Take what comes until `stop`; raises StateError when the line has ended by itself."""
        self._session.start()
        try:
            while not stop.is_set():
                self._session.check()
                message = await asyncio.to_thread(self._session.receive, timeout_s=_WAIT_S)
                taken = 0
                while message is not None:
                    self._take(message)
                    taken += 1
                    # Terminals on lines of their own are to have their turn.
                    message = self._session.receive(timeout_s=0) if taken < _AT_ONCE else None
            await self._settle()
        finally:
            await asyncio.to_thread(self._session.stop)

    async def _settle(self) -> None:
        """Wait until what was taken is on disk and acknowledged; the rest comes again."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._is_settled.wait(), _GOODBYE_S)

    def _take(self, message: Message) -> None:
        house = self._house
        heard = self._line.take_message(message.topic, message.payload, received_at=utc_now())
        house.metrics.count(PROTOCOL, heard.work)
        entry = house.registry.find(PROTOCOL, heard.name)
        if entry is not None:
            house.speaks(self._phone(heard.name), entry.terminal_id)
            if heard.is_alive:
                house.standings.heard(entry.terminal_id, time.monotonic())
            elif heard.is_lost:
                house.standings.gone(entry.terminal_id, time.monotonic())
            self._note_answers(entry.terminal_id, heard)
        self._unsettled += 1
        self._is_settled.clear()
        self._commit(message, heard)

    def _phone(self, name: str) -> Phone:
        phone = self._phones.get(name)
        if phone is None:
            publish = partial(self._session.publish, f"{self._base}/{name}/cmd")
            phone = self._phones[name] = Phone(name, self._house.registry, publish)
        return phone

    def _note_answers(self, terminal: TerminalId, heard: Heard) -> None:
        loop = asyncio.get_running_loop()
        for order in heard.answers:
            said = {"done": str(order)}
            note = partial(
                self._house.errands.note_answer, terminal, said, now=now(), what=str(order)
            )
            loop.run_in_executor(None, note)

    def _commit(self, message: Message, heard: Heard) -> None:
        self._house.commit(
            heard.work,
            of=(PROTOCOL, "mqtt"),
            done=lambda is_kept: self._settled(message, heard, is_kept=is_kept),
        )

    def _settled(self, message: Message, heard: Heard, *, is_kept: bool) -> None:
        if is_kept:
            self._session.acknowledge(message)
            self._unsettled -= 1
            if not self._unsettled:
                self._is_settled.set()
            return
        # The broker sends it again on another line only: until there is room it is held here, and
        # the broker holds back the others.
        self._house.metrics.refused(PROTOCOL, "not_kept")
        asyncio.get_running_loop().call_later(_AGAIN_S, self._commit, message, heard)
