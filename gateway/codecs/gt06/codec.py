"""One connection of a GT06 terminal: what its frames say, and what it is answered."""

from datetime import UTC, datetime, timedelta

from gateway.codecs.events import (
    Alive,
    Event,
    Happened,
    Identified,
    Located,
    Refused,
    Reply,
    Value,
)
from gateway.codecs.gt06 import photos
from gateway.codecs.gt06.answers import Answer, answer
from gateway.codecs.gt06.cutter import Cutter
from gateway.codecs.gt06.dialects import Layout
from gateway.codecs.gt06.fields import NO_OFFSET, Fields, Report, ShortError
from gateway.codecs.gt06.frames import Frame, acknowledgement
from gateway.codecs.gt06.layouts import layout_of
from gateway.codecs.gt06.places import PLAIN_BYTES, read_plain
from gateway.codecs.profile import Profile

_LOGIN = 0x01
_LOCATION = 0x12
_IMEI_BYTES = 8
_IS_WEST = 0x08
_MOST_HOURS = 14
_HOUR_MIN = 60
# Any of these makes a report one about a place, though it holds no fix.
_ABOUT_PLACE = frozenset({"cells", "wifi", "raw_time", "raw_place", "epoch"})


class Gt06Codec:
    """Frames in, events and replies out; see docs/reference/gateway-gt06.md.

    A login binds the connection to a terminal. Frames before it are refused with the code
    `not_identified`, unless the line is known to be that of `terminal_id`, or they are
    `independent` captures. Keeps at most 2 KiB of a frame, 1 KiB of garbage and one photo of
    at most 1 MiB.
    """

    def __init__(
        self, profile: Profile, *, terminal_id: str | None = None, independent: bool = False
    ) -> None:
        self.frames = 0
        self._profile = profile
        self._terminal_id = terminal_id
        self._is_open = independent
        self._offset = profile.clock_offset or NO_OFFSET
        self._cutter = Cutter()
        self._photos = photos.Photos()
        self._now = datetime.max.replace(tzinfo=UTC)

    def receive(self, data: bytes, *, received_at: datetime) -> list[Event]:
        """Return what `data` completes; raises FrameError after 16 KiB of garbage in a row."""
        self._now = received_at
        return self._events(self._cutter.receive(data))

    def close(self) -> list[Event]:
        """Return what the end of the stream completes, e.g. a frame without its end."""
        return self._events(self._cutter.close())

    def _events(self, found: list[Frame | Refused]) -> list[Event]:
        events: list[Event] = []
        for item in found:
            if isinstance(item, Refused):
                events.append(item)
            else:
                self.frames += 1
                self._take(item, events)
        return events

    def _take(self, frame: Frame, events: list[Event]) -> None:
        if frame.faults and self._profile.strict:
            events.append(_refused(f"its {frame.faults[0]} does not hold", frame.faults[0], frame))
        elif frame.kind == _LOGIN and not frame.is_long:
            self._log_in(frame, events)
        elif self._terminal_id is None and not self._is_open:
            events.append(_refused("no login came before it", "not_identified", frame))
        elif frame.kind in _PICTURES and _PICTURES[frame.kind] is frame.is_long:
            self._take_picture(frame, events)
        else:
            self._read(frame, events)

    def _log_in(self, frame: Frame, events: list[Event]) -> None:
        fields = Fields(frame.content)
        if fields.left < _IMEI_BYTES:
            events.append(_refused("its login names no terminal", "login", frame))
            return
        digits = fields.take(_IMEI_BYTES).hex()
        # Fifteen digits stand in eight bytes, so that the first half of a byte is 0.
        self._terminal_id = digits.removeprefix("0") if digits[0] == "0" else digits
        told: dict[str, Value] = dict.fromkeys(frame.faults, False)
        if fields.left:
            told["model"] = fields.take(min(2, fields.left)).hex()
        if fields.left >= 2:  # noqa: PLR2004 - zone and language
            self._set_zone(fields.number(2), told)
        events.append(Identified(terminal_id=self._terminal_id, attributes=told))
        events += answer(frame, Answer.SHORT, now=self._now)

    def _set_zone(self, word: int, told: dict[str, Value]) -> None:
        hours, minutes = divmod(word >> 4, 100)
        told["language"] = word & 0x07
        if hours > _MOST_HOURS or minutes >= _HOUR_MIN:
            told["raw_zone"] = word
            return
        ahead_min = hours * _HOUR_MIN + minutes
        told["zone_min"] = -ahead_min if word & _IS_WEST else ahead_min
        if self._profile.clock_offset is None:
            self._offset = timedelta(minutes=-ahead_min if word & _IS_WEST else ahead_min)

    def _take_picture(self, frame: Frame, events: list[Event]) -> None:
        fields = Fields(frame.content)
        try:
            if frame.kind == photos.INFO:
                report = Report({}, self._offset, {})
                events += self._photos.announce(fields, report)
            elif frame.kind == photos.PIECE:
                events += self._photos.add(fields, self._terminal_id)
            else:
                events += self._photos.add_media(fields, self._terminal_id)
        except ShortError:
            events.append(_refused("it ends before its fields do", "short", frame))
        if frame.kind == photos.MEDIA:
            events += answer(frame, Answer.LONG, now=self._now)

    def _read(self, frame: Frame, events: list[Event]) -> None:
        if frame.kind == _LOCATION and len(frame.content) == PLAIN_BYTES and not frame.faults:
            located = read_plain(frame, self._terminal_id, self._offset)
            if located is not None:
                events.append(located)
                events.append(Reply(acknowledgement(frame.kind, frame.serial or 0)))
                return
        layout = layout_of(frame.kind, frame.length, frame.content, is_long=frame.is_long)
        report = self._report(frame, layout, frame.content)
        if frame.faults and report.fix is None and layout.kind == "located":
            # One dialect counts the content alone and has neither serial nor checksum.
            whole = self._report(frame, layout, frame.bare)
            report = whole if whole.fix is not None else report
        events.append(_event(layout.kind, self._terminal_id, report))
        events += answer(frame, layout.answer, now=self._now)

    def _report(self, frame: Frame, layout: Layout, content: bytes) -> Report:
        attributes: dict[str, Value] = {"type": frame.kind}
        if frame.faults:
            attributes.update(dict.fromkeys(frame.faults, False))
        report = Report(attributes, self._offset, self._profile.alarm_bits)
        fields = Fields(content)
        try:
            for part in layout.parts:
                part(fields, report)
        except ShortError:
            report.attributes["short"] = True
        if fields.at < len(content):
            report.attributes["tail"] = content[fields.at :].hex()
        return report


def _event(kind: str, terminal_id: str | None, report: Report) -> Event:
    attributes = report.attributes
    if report.fix is not None or (kind == "located" and not _ABOUT_PLACE.isdisjoint(attributes)):
        # By position: terminal, fix, late, alarms, battery, attributes.
        return Located(
            terminal_id, report.fix, report.late, report.alarms, report.battery_pct, attributes
        )
    if kind in _STATES:
        return Alive(
            terminal_id=terminal_id,
            alarms=report.alarms,
            battery_pct=report.battery_pct,
            attributes=attributes,
        )
    return Happened(terminal_id=terminal_id, kind=kind, attributes=attributes)


# Which frames carry pictures, and whether those are the long ones.
_PICTURES = {photos.INFO: False, photos.PIECE: True, photos.MEDIA: True}
_STATES = frozenset({"alive", "located", "time", "battery"})


def _refused(reason: str, code: str, frame: Frame) -> Refused:
    text = f"frame {frame.kind:#04x}: {reason}; it is left out"
    return Refused(reason=text, code=code, data=frame.raw)
