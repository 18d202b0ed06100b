"""Where tags come from, `[checkins]` in the settings file."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from patrol.errors import InputError
from runtime.settings import setting

SECTION = "checkins"

_WAYS = ("serial", "evdev")
_BAUDS = (4800, 9600, 19200, 38400, 57600, 115200)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckInSettings:
    """The reader of tags; InputError when it cannot be."""

    tag_reader: str | None = setting(
        None, text="reader of tags: serial:///dev/ttyUSB1 or evdev:///dev/input/event3"
    )
    tag_baud: int = setting(9600, text="speed of a serial reader, bits a second")
    tag_again_s: float = setting(5.0, text="seconds in which the same tag counts once")

    def __post_init__(self) -> None:
        if self.tag_reader is not None and (self.way not in _WAYS or not self.path[1:]):
            raise InputError(
                f"[checkins] tag_reader is {self.tag_reader!r}: give serial:// or evdev:// and the "
                "path of the reader, e.g. evdev:///dev/input/event3"
            )
        if self.tag_baud not in _BAUDS:
            known = ", ".join(map(str, _BAUDS))
            raise InputError(f"[checkins] tag_baud is {self.tag_baud}, not one of {known}")
        if not self.tag_again_s >= 0:
            raise InputError(f"[checkins] tag_again_s is {self.tag_again_s}: give 0 or more")

    @property
    def way(self) -> str:
        """How the reader speaks: `serial`, or `evdev` for one that types."""
        return urlsplit(self.tag_reader or "").scheme

    @property
    def path(self) -> str:
        """The device file of the reader."""
        return urlsplit(self.tag_reader or "").path
