"""What is on its way to the server, and what goes next."""

from dataclasses import dataclass

from device.outbox import NO_END, OLDEST, Batch, Mark, Outbox, since_boot_s
from device.sending.pace import Pace
from device.settings import DeviceSettings
from patrol.messages import MAX_FIXES

# Of the batches that may be on their way, those that a backlog leaves to what is new.
_FOR_THE_NEW = 2


@dataclass(frozen=True, slots=True)
class Sent:
    """A batch on its way: its last seq, and when it was handed over."""

    last: int
    at_s: float


class Flight:
    """Two queues into one line: what is new, and what had to wait, oldest first.

    When a line is made, the newest fix goes ahead of all that waits, so that a map of where
    everybody is never waits for a backlog.
    """

    def __init__(self, settings: DeviceSettings) -> None:
        self.pace = Pace(first_fixes=settings.batch_fixes, most_window=settings.window_batches)
        self._settings = settings
        self._sent: dict[int, Sent] = {}
        # Up to here a fix is of the backlog; up to there the new ones have been sent.
        self._boundary = self._new_up_to = 0
        self._mark = OLDEST

    def __len__(self) -> int:
        return len(self._sent)

    def start_anew(self, outbox: Outbox) -> None:
        """Forget what was on its way: on a new line all that waits goes again."""
        if self._sent:
            self.pace.failed()
        self._sent.clear()
        self._mark = OLDEST
        self._boundary = self._new_up_to = max(0, outbox.newest() - 1)

    def look_again(self, outbox: Outbox) -> None:
        """Note that fixes which wait may have new numbers."""
        self._drop_stored(outbox)
        self._mark = OLDEST

    def settle(self, outbox: Outbox) -> None:
        """Note that fixes have been stored and are no longer in the outbox."""
        now_s = since_boot_s()
        for sent in self._drop_stored(outbox):
            self.pace.answered(now_s - sent.at_s)

    def note(self, batch: Batch, mark: Mark | None) -> None:
        """Note that `batch` was sent; `mark` is that behind it in the backlog, None if it is new."""
        self._sent[batch.first] = Sent(batch.last, since_boot_s())
        if mark is None:
            self._new_up_to = batch.last
        else:
            self._mark = mark

    def note_again(self, batch: Batch) -> None:
        """Note that a part of what was overdue was sent again."""
        self._sent[batch.first] = Sent(batch.last, since_boot_s())

    def take_overdue(self) -> list[tuple[int, int]]:
        """Return the ranges that had no answer in time, which then are no longer on their way."""
        sent_before_s = since_boot_s() - self._settings.resend_s
        overdue = [
            (first, sent.last) for first, sent in self._sent.items() if sent.at_s <= sent_before_s
        ]
        for first, _ in overdue:
            del self._sent[first]
        if overdue:
            self.pace.failed()
        return overdue

    def put_back(self, first: int, last: int) -> None:
        """Note that an overdue range could not be sent again and stays overdue."""
        self._sent[first] = Sent(last, since_boot_s() - self._settings.resend_s)

    def next_new(self, outbox: Outbox, *, is_closing: bool) -> Batch | None:
        """Return the next batch of new fixes, once it is full or old enough."""
        if len(self._sent) >= self._settings.window_batches:
            return None
        newest = outbox.newest()
        if newest - self._new_up_to > MAX_FIXES:
            # The answers came late, and the map must not wait for this, too.
            self._boundary = self._new_up_to = newest - 1
        found = outbox.read_in_order(
            after=Mark(0, self._new_up_to), most=self._settings.batch_fixes
        )
        if found is None or not (is_closing or self._is_full(found[0], outbox)):
            return None
        return found[0]

    def next_waiting(self, outbox: Outbox) -> tuple[Batch, Mark] | None:
        """Return the oldest batch of the backlog that is not on its way, and the mark behind it."""
        room = max(1, self._settings.window_batches - _FOR_THE_NEW)
        if len(self._sent) >= min(self.pace.window, room) or self._is_done():
            return None
        for _ in range(len(self._sent) + 1):
            found = outbox.read_in_order(
                after=self._mark, most=self.pace.batch_fixes, until=self._boundary
            )
            if found is None:
                self._mark = Mark(0, self._boundary)
                return None
            batch, mark = self._cut(found)
            if batch is not None:
                return batch, mark
            self._mark = mark
        return None

    def _is_done(self) -> bool:
        return self._mark.generation == 0 and self._mark.key >= self._boundary

    def _cut(self, found: tuple[Batch, Mark]) -> tuple[Batch | None, Mark]:
        """Return what of a batch is not on its way, None where all is, and the mark behind it."""
        batch, mark = found
        held_by = next(
            (one.last for first, one in self._sent.items() if first <= batch.first <= one.last),
            None,
        )
        if held_by is None:
            return batch, mark
        if held_by >= batch.last:
            return None, mark
        skipped = held_by + 1 - batch.first
        return Batch(held_by + 1, batch.positions[skipped:], batch.kept_s[skipped:]), mark

    def _is_full(self, batch: Batch, outbox: Outbox) -> bool:
        """Return whether `batch` has its size or its age, or can no longer grow."""
        kept_s = batch.kept_s[0]
        return (
            len(batch.positions) == self._settings.batch_fixes
            or kept_s is None
            or since_boot_s() - kept_s >= self._settings.batch_age_s
            or outbox.holds(batch.last + 1, NO_END)
        )

    def _drop_stored(self, outbox: Outbox) -> list[Sent]:
        stored = [
            (first, sent)
            for first, sent in self._sent.items()
            if not outbox.holds(first, sent.last)
        ]
        for first, _ in stored:
            del self._sent[first]
        return [sent for _, sent in stored]
