"""One connection, or one sender of datagrams, that speaks NMEA 0183."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from gateway.codecs.events import Event, Identified, Refused, Reply, Value
from gateway.codecs.nmea import senders
from gateway.codecs.nmea.epochs import Epoch
from gateway.codecs.nmea.lines import Lines, holds, sentence
from gateway.codecs.nmea.sentences import TIMELESS, read_sentence, read_tail
from gateway.codecs.profile import Profile

_OK = Reply(data=b"OK1\r\n")
_SHOWN = 80
_QZE = "QZE,"


class NmeaCodec:
    """Lines in, reports out; see docs/reference/gateway-nmea.md.

    Sentences of one instant make one report, which is complete when a sentence of another
    comes, or at the end of a datagram or of the stream. Whoever never says who he is is known
    as `peer`, e.g. his address. `acknowledges` is whether senders of RMC want to be told OK1.
    Keeps one line of at most 1 KiB and one report.
    """

    def __init__(
        self,
        profile: Profile,
        *,
        peer: str | None = None,
        is_datagram: bool = False,
        acknowledges: bool = False,
    ) -> None:
        self.frames = 0
        self._profile = profile
        self._peer = peer
        self._is_datagram = is_datagram
        self._acknowledges = acknowledges
        self._offset = profile.clock_offset or timedelta(0)
        self._terminal_id: str | None = None
        self._lines = Lines()
        self._epoch: Epoch | None = None
        self._has_checksums = False
        self._said: list[Event] = []
        self._now = datetime.max.replace(tzinfo=UTC)

    def receive(self, data: bytes, *, received_at: datetime) -> list[Event]:
        """Return what `data` completes; it never raises."""
        self._now = received_at
        for line in self._lines.receive(data):
            if isinstance(line, Refused):
                self._said.append(line)
            else:
                self._take_line(line)
        if self._is_datagram:
            self._close()
        return self._told()

    def close(self) -> list[Event]:
        """Return what the end of the stream completes: a last line and the open report."""
        self._close()
        return self._told()

    def _close(self) -> None:
        for line in self._lines.close():
            # Whoever gives checksums gave this one, too: what lacks it is cut, and with it a value.
            if self._has_checksums and b"*" not in line:
                self._said.append(_refused("the stream ended in it", "cut", line.decode("latin-1")))
            else:
                self._take_line(line)
        self._end_epoch()

    def _told(self) -> list[Event]:
        told, self._said = self._said, []
        return told

    def _take_line(self, line: bytes) -> None:
        self.frames += 1
        before, *texts = line.decode("latin-1").split("$")
        if not texts:
            self._take_bare(before.strip())
            return
        if first := before.strip():
            # It names the sender of all that follows, or is the rest of a line that was cut.
            if name := senders.name_before(first) or senders.name_in(first):
                self._identify(name)
            else:
                self._said.append(_refused("it is no sentence and no name", "no_sentence", before))
        for text in texts:
            self._take_sentence(text.strip())

    def _take_bare(self, line: str) -> None:
        if name := senders.name_in(line):
            self._identify(name)
        elif line.startswith(_QZE):
            self._read(line, "", {})
        elif line:
            self._said.append(_refused("it is no sentence and no name", "no_sentence", line))

    def _take_sentence(self, text: str) -> None:
        body, star, behind = text.partition("*")
        marks: dict[str, Value] = {}
        if star and not holds(body, behind):
            if self._profile.strict:
                self._said.append(_refused("its checksum does not hold", "checksum", text))
                return
            marks = {"checksum": False}
        self._has_checksums |= bool(star)
        self._read(body, behind, marks)

    def _read(self, body: str, behind: str, marks: dict[str, Value]) -> None:
        kind, *fields = body.split(",")
        try:
            if own := senders.SENDERS.get(kind):
                self._give(own(senders.padded(fields)), marks)
            elif name := senders.name_in(f"${body}"):
                self._name_by(kind, name)
            elif kind == "FRLIN":
                self._log_in(fields)
            elif kind == "FRVER":
                self._said.append(Reply(data=sentence("FRVER,1,0,Gateway 1.0")))
            else:
                self._join(kind, fields, {**marks, **read_tail(behind)})
        except (ValueError, OverflowError) as error:
            self._said.append(_refused(str(error), "malformed", body))

    def _join(self, kind: str, fields: list[str], told: dict[str, Value]) -> None:
        """Add a receiver's sentence to the report of its instant."""
        kind, reading = read_sentence(kind, fields)
        if reading is None:
            return
        if name := told.pop("imei", None) or reading.terminal_id:
            self._identify(str(name))
        if isinstance(count := told.pop("satellites", None), int):
            reading = reading._replace(satellites=count)
        if self._epoch is not None and not self._epoch.takes(kind, reading):
            self._end_epoch()
        if self._epoch is None:
            if kind in TIMELESS:
                return
            self._epoch = Epoch(received_at=self._now, time=reading.time)
        self._epoch.add(kind, reading, told)

    def _give(self, said: list[senders.Said], marks: dict[str, Value]) -> None:
        """Pass on what a sender said in a form of his own."""
        for event in said:
            if event.terminal_id is not None:
                self._identify(event.terminal_id)
            self._end_epoch()
            attributes = {**event.attributes, **marks}
            self._said.append(replace(event, terminal_id=self._known(), attributes=attributes))

    def _name_by(self, kind: str, name: str) -> None:
        if kind == senders.NAMED_AFTER:
            # It names the sentence before it, whoever was known before that.
            self._set_name(name)
            self._end_epoch()
        else:
            self._identify(name)

    def _log_in(self, fields: list[str]) -> None:
        name = fields[1].strip() if len(fields) > 1 else ""
        if not name:
            self._said.append(_refused("its login names no one", "login", ",".join(fields)))
            self._said.append(Reply(data=sentence("FRERR,AuthError,Parse error")))
            return
        self._identify(name)
        self._said.append(Reply(data=sentence("FRSES,1")))

    def _identify(self, name: str) -> None:
        if name != self._terminal_id and self._terminal_id is not None:
            self._end_epoch()
        self._set_name(name)

    def _set_name(self, name: str, *, by: str = "name") -> None:
        if name != self._terminal_id:
            self._terminal_id = name
            self._said.append(Identified(terminal_id=name, attributes={"by": by}))

    def _known(self) -> str | None:
        """Return who is speaking, at last by his address."""
        if self._terminal_id is None and self._peer is not None:
            self._set_name(self._peer, by="address")
        return self._terminal_id

    def _end_epoch(self) -> None:
        epoch, self._epoch = self._epoch, None
        if epoch is None or not epoch.is_report:
            return
        self._said.append(epoch.report(self._known(), self._offset))
        if self._acknowledges and epoch.is_positioned:
            self._said.append(_OK)


def _refused(reason: str, code: str, text: str) -> Refused:
    shown = text[:_SHOWN]
    return Refused(
        reason=f"line {shown!r}: {reason}; it is left out",
        code=code,
        data=shown.encode("latin-1", "replace"),
    )
