"""From the outbox to the server, and out of the outbox when the server has it.

The broker's acknowledgement counts for nothing here: only `stored` does.
"""

import threading
from dataclasses import dataclass

import structlog

from device.outbox import NO_END, Batch, Outbox, OutboxFullError, since_boot_s
from device.settings import DeviceSettings
from patrol.errors import InputError
from patrol.messages import (
    Flag,
    Position,
    PositionBatch,
    State,
    Status,
    Stored,
    decode_stored,
    encode_position,
    encode_status,
)
from patrol.topics import Kind, Topics
from runtime.mqtt import BrokerSettings, Manner, Message, Session

log = structlog.get_logger()

SOURCE = "agent"

# How soon a fix that was kept is looked at; the outbox is asked no more often.
_TURN_S = 0.5
_CLOSING_TURN_S = 0.05
# At the end, how long to wait for `stored` and for the broker; then the next run goes on.
_CLOSING_S = 2.0


@dataclass(frozen=True, slots=True)
class _Sent:
    """A batch on its way: its last seq, and when it was handed over."""

    last: int
    at_s: float


class Sender:
    """The terminal's line to the server; raises InputError when the password is not there."""

    def __init__(self, settings: DeviceSettings, broker: BrokerSettings) -> None:
        topics = Topics(broker.topic_root)
        self._settings = settings
        self._position_topic = topics.of(settings.terminal, Kind.POSITION)
        self._status_topic = topics.of(settings.terminal, Kind.STATUS)
        self._session = Session(
            broker,
            Manner(
                client_id=f"device-{settings.terminal}",
                subscriptions=[topics.of(settings.terminal, Kind.STORED)],
                will=(self._status_topic, encode_status(Status(state=State.LOST))),
            ),
        )
        self._connection = 0
        self._in_flight: dict[int, _Sent] = {}
        self._sent_up_to = 0
        self._told: Status | None = None
        self._told_at_s = 0.0

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
        self._take_stored(outbox, wait_s=wait_s)
        if not self._session.is_connected:
            return
        self._notice_connection()
        self._send_again(outbox)
        self._send_new(outbox, is_closing=is_closing)
        self._report(outbox, State.ONLINE)

    def _close(self, outbox: Outbox) -> None:
        until_s = since_boot_s() + _CLOSING_S
        is_done = False
        while not is_done and self._session.is_connected and since_boot_s() < until_s:
            self._turn(outbox, wait_s=_CLOSING_TURN_S, is_closing=True)
            is_done = not self._in_flight
        if self._session.is_connected:
            self._report(outbox, State.OFFLINE)
            self._session.flush(timeout_s=_CLOSING_S)
        log.info("sender.closed", waiting=outbox.count().waiting)

    def _notice_connection(self) -> None:
        if self._session.connections == self._connection:
            return
        # The broker may have lost its memory since: whatever is still here goes again.
        self._connection = self._session.connections
        self._in_flight.clear()
        self._sent_up_to = 0
        self._told = None

    def _take_stored(self, outbox: Outbox, *, wait_s: float) -> None:
        message = self._session.receive(timeout_s=wait_s)
        while message is not None:
            self._settle(outbox, message)
            self._session.acknowledge(message)
            message = self._session.receive(timeout_s=0)

    def _settle(self, outbox: Outbox, message: Message) -> None:
        try:
            stored = decode_stored(message.payload)
        except InputError as error:
            log.warning("sender.stored_refused", reason=str(error))
            return
        if stored.outbox != outbox.id:
            log.warning("sender.stored_of_another_outbox", outbox=stored.outbox, ours=outbox.id)
            return
        try:
            self._forget(outbox, stored)
        except OutboxFullError as error:
            # The fixes stay and are sent again, and so will be the answer.
            log.warning("sender.cannot_forget", reason=str(error))

    def _forget(self, outbox: Outbox, stored: Stored) -> None:
        forgotten = outbox.forget(stored.fixes)
        self._in_flight = {
            first: sent for first, sent in self._in_flight.items() if outbox.holds(first, sent.last)
        }
        log.debug("sender.forgotten", fixes=forgotten)

    def _send_again(self, outbox: Outbox) -> None:
        sent_before_s = since_boot_s() - self._settings.resend_s
        overdue = [
            (first, sent.last)
            for first, sent in self._in_flight.items()
            if sent.at_s <= sent_before_s
        ]
        for first, last in overdue:
            del self._in_flight[first]
            after = first - 1
            while batch := outbox.read(after=after, most=last - after, until=last):
                if not self._publish(batch, outbox.id):
                    # It stays overdue; without a connection all will go on the next one.
                    self._in_flight[batch.first] = _Sent(last, sent_before_s)
                    break
                after = batch.last
        if overdue:
            log.warning("sender.sent_again", batches=len(overdue), reason="no `stored` came")

    def _send_new(self, outbox: Outbox, *, is_closing: bool) -> None:
        while len(self._in_flight) < self._settings.window_batches:
            batch = outbox.read(after=self._sent_up_to, most=self._settings.batch_fixes)
            if batch is None or not (is_closing or self._is_full(batch, outbox)):
                return
            if not self._publish(batch, outbox.id):
                return
            self._sent_up_to = batch.last

    def _is_full(self, batch: Batch, outbox: Outbox) -> bool:
        """Return whether `batch` has its size or its age, or can no longer grow."""
        kept_s = batch.kept_s[0]
        return (
            len(batch.positions) == self._settings.batch_fixes
            or kept_s is None
            or since_boot_s() - kept_s >= self._settings.batch_age_s
            or outbox.holds(batch.last + 1, NO_END)
        )

    def _publish(self, batch: Batch, outbox_id: str) -> bool:
        message = PositionBatch(
            seq=batch.first,
            source=SOURCE,
            positions=self._flagged(batch),
            outbox=outbox_id,
        )
        is_sent = self._session.publish(self._position_topic, encode_position(message))
        if is_sent:
            self._in_flight[batch.first] = _Sent(batch.last, since_boot_s())
        return is_sent

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
            state=state, outbox=count.outbox, written=count.written, waiting=count.waiting
        )
        self._told_at_s = since_boot_s()
        if status != self._told and self._session.publish(
            self._status_topic, encode_status(status), retain=True
        ):
            self._told = status
