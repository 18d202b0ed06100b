"""The serial line from the receiver, which may be missing, pulled out and put back."""

import termios
import threading
import time
from collections.abc import Iterator

import serial
import structlog

from device.epochs import FixReader
from patrol.fix import Fix
from runtime.lifecycle import backoff_s

log = structlog.get_logger()

# A receiver sends an epoch in one go; when the line is silent for so long, it is complete.
_SILENCE_S = 0.3
# What arrives within it is read, and later written, together: fewer wake-ups, fewer fsyncs.
_GATHER_S = 0.1
# Half of what the kernel holds of a line (4,096): so much must not wait for more.
_PLENTY_BYTES = 2048
_FIRST_RETRY_S = 0.2
_MOST_RETRY_S = 5.0
_WORRY_S = 30.0


class Receiver:
    """The fixes of the receiver at `port`, as long as `stop` is not set."""

    def __init__(self, port: str, *, baud: int, stop: threading.Event) -> None:
        self._port = port
        self._baud = baud
        self._stop = stop
        self._trouble = ""
        self._attempt = 0

    def fixes(self) -> Iterator[list[Fix]]:
        """Yield the fixes of each read, often none; wait for the port where there is none."""
        while not self._stop.is_set():
            try:
                with self._open() as line:
                    yield from self._listen(line)
            except (OSError, termios.error) as error:
                self._report(str(error))
            yield []
            self._stop.wait(backoff_s(self._attempt, first_s=_FIRST_RETRY_S, most_s=_MOST_RETRY_S))
            self._attempt += 1

    def _open(self) -> serial.Serial:
        line = serial.Serial(self._port, self._baud, timeout=_SILENCE_S, exclusive=True)
        log.info("receiver.opened", port=self._port, baud=self._baud)
        return line

    def _listen(self, line: serial.Serial) -> Iterator[list[Fix]]:
        reader = FixReader()
        watch = _Watch(self._port, self._baud)
        try:
            while not self._stop.is_set():
                data = line.read(line.in_waiting or 1)
                if data:
                    self._attempt, self._trouble = 0, ""
                    yield reader.receive(data)
                    self._stop.wait(_GATHER_S if len(data) < _PLENTY_BYTES else 0)
                else:
                    yield reader.flush()
                watch.look(heard=bool(data), sentences=reader.sentences)
        except OSError as error:
            self._report(str(error))
        yield reader.flush()
        log.info("receiver.closed", sentences=reader.sentences, refused=dict(reader.refused))

    def _report(self, trouble: str) -> None:
        # The same trouble at every attempt would fill the log.
        if trouble != self._trouble:
            log.warning(
                "receiver.port_unavailable",
                port=self._port,
                reason=trouble,
                advice="plug the receiver in, or give its port; this user must be allowed to "
                "read it (group dialout) and no other program may hold it. Trying on.",
            )
        self._trouble = trouble


class _Watch:
    """Say so once when an open port gives nothing that can be read."""

    def __init__(self, port: str, baud: int) -> None:
        self._port = port
        self._baud = baud
        self._sentences = 0
        self._heard = False
        self._since_s = time.monotonic()
        self._is_reported = False

    def look(self, *, heard: bool, sentences: int) -> None:
        self._heard = self._heard or heard
        if sentences > self._sentences:
            self._sentences = sentences
            self._heard = self._is_reported = False
            self._since_s = time.monotonic()
        elif not self._is_reported and time.monotonic() - self._since_s > _WORRY_S:
            self._is_reported = True
            log.warning(
                "receiver.no_sentences",
                port=self._port,
                baud=self._baud,
                advice="bytes come, but no sentence: check [device] baud, and that the receiver "
                "sends NMEA with RMC or GGA"
                if self._heard
                else "nothing comes: check that the receiver has power and is on this port",
            )
