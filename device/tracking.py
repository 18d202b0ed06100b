"""The receiver is open while the worker is on duty, and not a moment longer."""

import threading
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import timedelta

import structlog

from device.clock import Clock
from device.duty import Duty, DutyState, Reason
from device.outbox import LetterKind, Outbox, OutboxFullError
from device.receivers.source import Source, open_source
from device.recording import Recorder
from device.sampling import Sampler
from device.settings import DeviceSettings
from device.window.board import Board
from patrol.errors import InputError
from patrol.fix import Fix, epoch_of
from patrol.notices.events import Cause, EventKind, TerminalEvent, encode_event
from patrol.notices.plans import DEFAULT_PACE
from runtime.uuids import uuid7

log = structlog.get_logger()

# A window that has begun is noticed within it.
_LOOK_S = 0.5
_MILLISECOND = timedelta(milliseconds=1)
# A server's clock may be ahead of true time by so much.
_AHEAD = timedelta(minutes=10)
_ADVICE = {
    Reason.NO_PLAN: "without a plan of the server nothing is tracked: is the terminal assigned to "
    "a worker with duty, does `patrol ingest tell` run, and is the broker reached?",
    Reason.CLOCK: "the clock is behind the moment at which the plan was made: set it",
}


class Tracker:
    """Reads the receiver, and keeps what belongs to duty."""

    def __init__(self, settings: DeviceSettings, duty: Duty, clock: Clock, *, board: Board) -> None:
        self._settings = settings
        self._duty = duty
        self._clock = clock
        self._board = board
        self._sampler = Sampler(DEFAULT_PACE)
        self._read = self._off_duty = 0
        self._said: tuple[object, ...] = ()
        board.counts = self.counts

    def counts(self) -> dict[str, int]:
        """Return how many fixes were read, and how many of them were left out, by reason."""
        return {
            "read": self._read,
            "thinned": self._sampler.thinned,
            "implausible": self._sampler.implausible,
            "off_duty": self._off_duty,
        }

    def run(self, stop: threading.Event) -> None:
        """Track whenever it is time, until `stop` is set."""
        with Outbox(self._settings.outbox, limits=self._settings.limits) as outbox:
            recorder = Recorder(outbox, self._sampler)
            self._board.storage = lambda: recorder.trouble
            source = open_source(
                self._settings,
                stop,
                now=self._clock.system_now,
                tell=lambda notice: self._tell(outbox, notice.kind, notice.detail),
            )
            self._board.receiver = source.state.as_json
            while not stop.is_set():
                if self._look(outbox).is_on_duty:
                    self._track(outbox, recorder, source)
                else:
                    recorder.rest()
                    stop.wait(_LOOK_S)
            recorder.close()

    def _track(self, outbox: Outbox, recorder: Recorder, source: Source) -> None:
        # Closing them closes the port.
        with closing(source.fixes()) as found:
            for fixes in found:
                recorder.record(self._of_duty(fixes))
                if not self._look(outbox).is_on_duty:
                    break
        self._board.forget_fix()
        recorder.rest()
        log.info("duty.receiver_closed", **self.counts())

    def _of_duty(self, fixes: Iterable[Fix]) -> list[Fix]:
        """Return the fixes whose own epochs are of duty, whatever the clock says."""
        plan = self._duty.plan
        if plan is None:
            return []
        not_before = epoch_of(plan.number) - _AHEAD
        if plan.pace != self._sampler.pace:
            self._sampler.pace = plan.pace
        kept = []
        for fix in fixes:
            self._clock.hear(fix.epoch, not_before=not_before)
            if self._duty.allows(fix.epoch):
                kept.append(fix)
                self._board.note_fix(fix)
            else:
                self._off_duty += 1
            self._read += 1
        return kept

    def _look(self, outbox: Outbox) -> DutyState:
        self._board.beat()
        step = self._clock.read_step()
        state = self._duty.state(self._clock.now())
        if step is not None and (state.is_on_duty or Reason.ON_DUTY in self._said):
            # Somebody, or something, has set the system's clock.
            detail: dict[str, int | str] = {
                "cause": str(Cause.SYSTEM_CLOCK),
                "step_ms": step // _MILLISECOND,
            }
            self._tell(outbox, EventKind.CLOCK_JUMP, detail)
        told = (state.reason, state.until, state.next_start)
        if told != self._said:
            self._said = told
            log.info(
                "duty.changed",
                reason=state.reason,
                until=state.until,
                next_start=state.next_start,
                **({"advice": _ADVICE[state.reason]} if state.reason in _ADVICE else {}),
            )
        return state

    def _tell(self, outbox: Outbox, kind: EventKind, detail: Mapping[str, int | str]) -> None:
        """Let the server know of it."""
        try:
            event = TerminalEvent(event_id=uuid7(), at=self._clock.now(), kind=kind, detail=detail)
            outbox.put_letter(LetterKind.EVENT, event.event_id, encode_event(event))
        except (InputError, OutboxFullError) as error:
            log.warning("duty.event_not_told", kind=str(kind), reason=str(error))
