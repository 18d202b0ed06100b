"""The terminal's line to the server.

The broker's acknowledgement counts for nothing here: only `stored` does.
"""

import threading
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import structlog

from device.outbox import Batch, LetterKind, Outbox, OutboxFullError, since_boot_s
from device.sending.calls import Calls
from device.sending.detail import DETAILS
from device.sending.flight import Flight
from device.settings import DeviceSettings
from patrol.errors import InputError
from patrol.messages import (
    Flag,
    Position,
    PositionBatch,
    State,
    Status,
    decode_stored,
    encode_position,
    encode_status,
)
from patrol.topics import Kind, Topics
from runtime.lines import Health
from runtime.mqtt import BrokerSettings, Manner, Message, Session

log = structlog.get_logger()

SOURCE = "agent"

_NOTHING_ELSE: Mapping[Kind, Callable[[bytes], None]] = MappingProxyType({})

# How soon a fix that was kept is looked at; the outbox is asked no more often.
_TURN_S = 0.5
_CLOSING_TURN_S = 0.05
# At the end, how long to wait for `stored` and for the broker; then the next run goes on.
_CLOSING_S = 2.0
_REMIND_S = 60.0
# Letters on their way at once; they are few, and an SOS does not wait for their answers.
_LETTERS = 20
_TOPIC_OF = {
    LetterKind.SOS: Kind.EVENT,
    LetterKind.CHECKIN: Kind.CHECKIN,
    LetterKind.REPORT: Kind.REPORT,
    LetterKind.EVENT: Kind.EVENT,
}


class SenderState(NamedTuple):
    """How the line is; seconds since the server last reported anything stored, if it ever did."""

    line: Health
    stored_ago_s: float | None


class Sender:
    """Sends what waits, and forgets what is stored.

    What comes of the kinds in `hears` is handed to the function of its kind; what is in `calls`
    goes before all that waits. Raises InputError when a password or a certificate is not there. `turned_s` is the monotonic time of its last turn.
    """

    def __init__(
        self,
        settings: DeviceSettings,
        broker: BrokerSettings,
        *,
        hears: Mapping[Kind, Callable[[bytes], None]] = _NOTHING_ELSE,
        calls: Calls | None = None,
    ) -> None:
        self._calls = calls or Calls()
        topics = Topics(broker.topic_root)
        self._hears = {topics.of(settings.terminal, kind): hear for kind, hear in hears.items()}
        self._settings = settings
        self._topics = {kind: topics.of(settings.terminal, kind) for kind in Kind}
        will = encode_status(Status(state=State.LOST))
        self._session = Session(
            broker,
            Manner(
                client_id=f"device-{settings.terminal}",
                subscriptions=[self._topics[Kind.STORED], *self._hears],
                will=(self._topics[Kind.STATUS], will),
                forgets_unanswered=True,
            ),
        )
        self._tell = DETAILS[settings.detail]
        self._connection = 0
        self._flight = Flight(settings)
        self._letters: dict[str, float] = {}
        self._thinned = 0
        self._told: Status | None = None
        self._told_at_s = 0.0
        self._stored_at_s: float | None = None
        self._complained_at_s = float("-inf")
        self.turned_s = time.monotonic()

    @property
    def state(self) -> SenderState:
        """How it goes; any thread may ask."""
        at_s = self._stored_at_s
        return SenderState(self._session.health, None if at_s is None else since_boot_s() - at_s)

    def run(self, closing: threading.Event) -> None:
        """Send until `closing` is set, then send the rest and take leave of the broker."""
        with Outbox(self._settings.outbox) as outbox:
            self._session.start()
            while not closing.is_set():
                self._turn(outbox, wait_s=_TURN_S)
            self._close(outbox)
        # Not after a failure: then the broker is to publish the last will.
        self._session.stop()

    def _turn(self, outbox: Outbox, *, wait_s: float, is_closing: bool = False) -> None:
        self.turned_s = time.monotonic()
        self._session.check()
        try:
            self._take(outbox, wait_s=wait_s)
            self._calls.keep(outbox)
            if not self._session.is_connected:
                return
            self._notice_changes(outbox)
            self._send_letters(outbox)
            self._send_again(outbox)
            self._send_new(outbox, is_closing=is_closing)
            self._send_waiting(outbox)
            self._report(outbox, State.ONLINE)
        except OutboxFullError as error:
            # The fixes stay and are sent again, and so will be the answer.
            if since_boot_s() - self._complained_at_s >= _REMIND_S:
                self._complained_at_s = since_boot_s()
                log.warning("sender.cannot_forget", reason=str(error))

    def _close(self, outbox: Outbox) -> None:
        until_s = since_boot_s() + _CLOSING_S
        is_done = False
        while not is_done and self._session.is_connected and since_boot_s() < until_s:
            self._turn(outbox, wait_s=_CLOSING_TURN_S, is_closing=True)
            is_done = not len(self._flight) and not self._letters
        if self._session.is_connected:
            self._report(outbox, State.OFFLINE)
            self._session.flush(timeout_s=_CLOSING_S)
        log.info("sender.closed", waiting=outbox.count().waiting)

    def _notice_changes(self, outbox: Outbox) -> None:
        thinned = outbox.count().thinned
        if self._session.connections != self._connection:
            # The broker may have lost its memory since: whatever is still here goes again.
            self._connection = self._session.connections
            self._letters.clear()
            self._told = None
            self._flight.start_anew(outbox)
        elif thinned != self._thinned:
            self._flight.look_again(outbox)
        self._thinned = thinned

    def _take(self, outbox: Outbox, *, wait_s: float) -> None:
        message = self._session.receive(timeout_s=wait_s)
        while message is not None:
            if message.topic in self._hears:
                self._hears[message.topic](message.payload)
            else:
                self._settle(outbox, message)
            self._session.acknowledge(message)
            message = self._session.receive(timeout_s=0)

    def _settle(self, outbox: Outbox, message: Message) -> None:
        try:
            stored = decode_stored(message.payload)
        except InputError as error:
            log.warning("sender.stored_refused", reason=str(error))
            return
        if stored.ids:
            self._calls.forget(stored.ids)
            outbox.forget_letters(stored.ids)
            self._letters = {one: at for one, at in self._letters.items() if one not in stored.ids}
        if stored.fixes and stored.outbox != outbox.id:
            log.warning("sender.stored_of_another_outbox", outbox=stored.outbox, ours=outbox.id)
            return
        self._stored_at_s = since_boot_s()
        if stored.fixes:
            forgotten = outbox.forget(stored.fixes)
            self._flight.settle(outbox)
            log.debug("sender.forgotten", fixes=forgotten)

    def _send_letters(self, outbox: Outbox) -> None:
        sent_before_s = since_boot_s() - self._settings.resend_s
        waiting = outbox.read_letters(most=len(self._letters) + _LETTERS)
        for letter in (*self._calls.waiting(), *waiting):
            sent_s = self._letters.get(letter.identity)
            if sent_s is not None and sent_s > sent_before_s:
                continue
            is_urgent = letter.kind is LetterKind.SOS
            if not is_urgent and sent_s is None and len(self._letters) >= _LETTERS:
                return
            if not self._session.publish(self._topics[_TOPIC_OF[letter.kind]], letter.payload):
                return
            self._letters[letter.identity] = since_boot_s()

    def _send_again(self, outbox: Outbox) -> None:
        overdue = self._flight.take_overdue()
        for first, last in overdue:
            after = first - 1
            while batch := outbox.read(after=after, most=last - after, until=last):
                if not self._publish(batch, outbox.id):
                    self._flight.put_back(batch.first, last)
                    break
                self._flight.note_again(batch)
                after = batch.last
        if overdue:
            log.warning("sender.sent_again", batches=len(overdue), reason="no `stored` came")

    def _send_new(self, outbox: Outbox, *, is_closing: bool) -> None:
        while batch := self._flight.next_new(outbox, is_closing=is_closing):
            if not self._publish(batch, outbox.id):
                return
            self._flight.note(batch, None)

    def _send_waiting(self, outbox: Outbox) -> None:
        while found := self._flight.next_waiting(outbox):
            batch, mark = found
            if not self._publish(batch, outbox.id):
                return
            self._flight.note(batch, mark)

    def _publish(self, batch: Batch, outbox_id: str) -> bool:
        message = PositionBatch(
            seq=batch.first,
            source=SOURCE,
            positions=tuple(map(self._tell, self._flagged(batch))),
            outbox=outbox_id,
        )
        return self._session.publish(self._topics[Kind.POSITION], encode_position(message))

    def _flagged(self, batch: Batch) -> tuple[Position, ...]:
        """Return the positions, flagged where they were kept long before or before a reboot."""
        on_time_s = since_boot_s() - self._settings.late_s
        return tuple(
            position
            if kept_s is not None and kept_s > on_time_s
            else position._replace(flags=position.flags | Flag.LATE)
            for position, kept_s in zip(batch.positions, batch.kept_s, strict=True)
        )

    def _report(self, outbox: Outbox, state: State) -> None:
        """Publish the status: at once when new, else now and then when it has changed."""
        is_new = self._told is None or self._told.state is not state
        if not is_new and since_boot_s() - self._told_at_s < self._settings.status_s:
            return
        count = outbox.count()
        status = Status(
            state=state,
            outbox=count.outbox,
            written=count.written,
            waiting=count.waiting,
            thinned=count.thinned or None,
        )
        self._told_at_s = since_boot_s()
        if status != self._told and self._session.publish(
            self._topics[Kind.STATUS], encode_status(status), retain=True
        ):
            self._told = status
