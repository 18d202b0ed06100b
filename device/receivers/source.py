"""The fixes of a receiver, wherever it is, for as long as anybody wants them."""

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from datetime import datetime
from threading import Event

import structlog

from device.epochs import Receipt
from device.outbox import since_boot_s
from device.receivers.addresses import read_address
from device.receivers.memory import Memory
from device.receivers.notices import AntennaWatch, DateWatch, MadeUpWatch, Notice
from device.receivers.opening import opener_of
from device.receivers.state import ADVICE, Condition, PortError, ReceiverState
from device.receivers.streams import Opener, Reader, Stream
from device.settings import DeviceSettings
from patrol.fix import Fix
from runtime.clock import utc_now
from runtime.lifecycle import backoff_s

log = structlog.get_logger()

# What arrives within it is read, and later written, together: fewer wake-ups, fewer fsyncs.
_GATHER_S = 0.1
# Half of what the kernel holds of a line (4,096): so much must not wait for more.
_PLENTY_BYTES = 2048
_FIRST_RETRY_S = 0.2
_MOST_RETRY_S = 5.0
_WORRY_S = 30.0
_EVENTS = {
    Condition.SILENT: "receiver.no_sentences",
    Condition.UNREADABLE: "receiver.no_sentences",
    Condition.NO_DEVICE: "receiver.no_sentences",
    Condition.ENDED: "receiver.recording_ended",
}
# While it waits, whoever reads has a turn as often.
_TURN_S = 0.5


def open_source(
    settings: DeviceSettings,
    stop: Event,
    *,
    now: Callable[[], datetime] = utc_now,
    tell: Callable[[Notice], None] | None = None,
) -> "Source":
    """Return the source at `[device] port`; nothing is opened before its fixes are asked for.

    `now` is the system's clock, `tell` is called with what the server is to know of.
    """
    address = read_address(settings.port)
    memory = Memory(settings.outbox.with_name(f"{settings.outbox.name}.receiver"))
    opener = opener_of(address, settings.baud, memory)
    source = Source(opener, where=address.text, stop=stop)
    source.now = now
    source.tell = tell
    return source


class Source:
    """The fixes of whatever `opener` opens, as long as `stop` is not set.

    `state` is how it is; any thread may read it.
    """

    def __init__(self, opener: Opener, *, where: str, stop: Event) -> None:
        self.state = ReceiverState(where)
        self.now: Callable[[], datetime] = utc_now
        self.tell: Callable[[Notice], None] | None = None
        self._opener = opener
        self._where = where
        self._stop = stop
        self._trouble: tuple[Condition, str] | None = None
        self._attempt = self._heard = 0
        self._reader: Reader | None = None
        self._dates = DateWatch()
        self._antenna = AntennaWatch()
        self._made_up = MadeUpWatch()

    def fixes(self) -> Generator[list[Fix], None, None]:
        """Yield the fixes of each read, often none; wait for the receiver where there is none.

        Closing the generator closes the port.
        """
        try:
            while not self._stop.is_set():
                try:
                    stream = self._opener.open()
                    with closing(stream):
                        yield from self._listen(stream)
                except PortError as error:
                    if error.is_trial:
                        yield []
                        continue
                    self._report(error.condition, str(error))
                yield from self._wait()
        finally:
            self.state.condition, self.state.reason = Condition.CLOSED, ""

    def _wait(self) -> Iterator[list[Fix]]:
        wait_s = backoff_s(self._attempt, first_s=_FIRST_RETRY_S, most_s=_MOST_RETRY_S)
        self._attempt += 1
        until_s = time.monotonic() + wait_s
        yield []
        while (left_s := until_s - time.monotonic()) > 0 and not self._stop.is_set():
            self._stop.wait(min(left_s, _TURN_S))
            yield []

    def _listen(self, stream: Stream) -> Iterator[list[Fix]]:
        self._begin(stream)
        watch = _Watch()
        try:
            while not self._stop.is_set():
                data = stream.read()
                yield self._take(stream, data)
                watch.look(heard=bool(data), understood=self.state.sentence_s)
                self._judge(stream, watch)
                if data:
                    self._stop.wait(_GATHER_S if len(data) < _PLENTY_BYTES else 0)
            yield stream.reader.flush()
        except PortError:
            yield stream.reader.flush()
            raise
        finally:
            self._end(stream)

    def _begin(self, stream: Stream) -> None:
        self._reader, self._heard = stream.reader, 0
        self.state.where, self.state.baud = stream.where, stream.baud
        self.state.reason = ""
        self.state.condition = Condition.SEARCHING if stream.is_trial else Condition.LISTENING
        if not stream.is_trial:
            log.info("receiver.opened", port=stream.where, baud=stream.baud)

    def _end(self, stream: Stream) -> None:
        if not stream.is_trial:
            reader = stream.reader
            log.info("receiver.closed", sentences=reader.sentences, refused=reader.refusals)

    def _take(self, stream: Stream, data: bytes) -> list[Fix]:
        receipt = Receipt(self.now(), since_boot_s())
        reader = stream.reader
        if not data:
            fixes = reader.flush()
        else:
            self.state.bytes_s = receipt.steady_s
            fixes = reader.receive(data, receipt if stream.is_live else None)
        if reader is not self._reader:
            self._reader, self._heard = reader, 0
        if reader.heard > self._heard:
            self._heard = reader.heard
            self._note(stream, receipt)
        if fixes:
            self._date(fixes[-1].epoch, receipt, is_live=stream.is_live)
        return fixes

    def _note(self, stream: Stream, receipt: Receipt) -> None:
        state, reader = self.state, stream.reader
        if state.condition is Condition.SEARCHING:
            log.info("receiver.opened", port=stream.where, baud=stream.baud)
        self._attempt, self._trouble = 0, None
        state.sentence_s, state.baud = receipt.steady_s, stream.baud
        state.condition, state.reason = Condition.READING, ""
        state.satellites = reader.satellites
        state.in_view, state.strongest_dbhz = reader.sky.in_view, reader.sky.strongest_dbhz
        state.antenna = reader.sky.antenna
        self._say(self._antenna.look(state.antenna, receipt.steady_s))
        self._say(self._made_up.look(reader.sky.made_up, receipt.steady_s))

    def _date(self, epoch: datetime, receipt: Receipt, *, is_live: bool) -> None:
        self.state.epoch, self.state.epoch_s = epoch, receipt.steady_s
        if is_live:
            self._say(self._dates.look(epoch, receipt))
            cause = self._dates.cause
            self.state.date = None if cause is None else str(cause)

    def _say(self, notice: Notice | None) -> None:
        if notice is None:
            return
        log.warning("receiver.noticed", kind=str(notice.kind), **notice.detail)
        if self.tell is not None:
            self.tell(notice)

    def _judge(self, stream: Stream, watch: "_Watch") -> None:
        trouble = stream.trouble
        if trouble is None and (silence := watch.silence) is not None:
            trouble = silence, f"{stream.where} gives nothing that can be read"
        if trouble is not None:
            self._report(*trouble)

    def _report(self, condition: Condition, reason: str) -> None:
        state = self.state
        state.condition, state.reason = condition, reason
        # The same trouble at every attempt would fill the log.
        if (condition, reason) == self._trouble:
            return
        self._trouble = condition, reason
        log.warning(
            _EVENTS.get(condition, "receiver.port_unavailable"),
            port=self._where,
            baud=state.baud,
            condition=str(condition),
            reason=reason,
            advice=ADVICE.get(condition, ""),
        )


class _Watch:
    """Knows when an open stream has given nothing that can be read for too long."""

    def __init__(self) -> None:
        self.silence: Condition | None = None
        self._understood: float | None = None
        self._since_s = time.monotonic()
        self._heard = False

    def look(self, *, heard: bool, understood: float | None) -> None:
        """Take in whether bytes have come, and when they were last understood."""
        self._heard = self._heard or heard
        if understood != self._understood:
            self._understood = understood
            self._heard, self.silence = False, None
            self._since_s = time.monotonic()
        elif time.monotonic() - self._since_s > _WORRY_S:
            self.silence = Condition.UNREADABLE if self._heard else Condition.SILENT
