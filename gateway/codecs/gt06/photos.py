"""Pictures in pieces: asked for one by one, or sent one after the other."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from gateway.codecs.events import Attributes, Event, Photo, RawFix, Refused, Value
from gateway.codecs.gt06.answers import ask_piece
from gateway.codecs.gt06.fields import Fields, Report
from gateway.codecs.gt06.places import moment_of

INFO, PIECE, MEDIA = 0x35, 0x36, 0x41
# A larger picture is refused: terminals take them of some tens of kilobytes.
MOST_PHOTO_BYTES = 1 << 20
_PIECE_BYTES = 1024
_UNITS_PER_DEG = 1_800_000
_MEDIA_TYPES = {b"\xff\xd8": "image/jpeg", b"\x89P": "image/png", b"BM": "image/bmp"}


@dataclass(slots=True)
class _Picture:
    number: int
    size: int
    attributes: Attributes
    fix: RawFix | None = None
    data: bytearray = field(default_factory=bytearray)


class Photos:
    """The picture that is coming in on one connection; keeps at most MOST_PHOTO_BYTES."""

    def __init__(self) -> None:
        self._picture: _Picture | None = None

    def announce(self, fields: Fields, report: Report) -> list[Event]:
        """Take in what the terminal says of a picture, and ask for its first piece.

        Raises ShortError.
        """
        moment = moment_of(fields.take(6), report.clock_offset)
        state, lat, lon = fields.number(1), fields.number(4), fields.number(4)
        told: dict[str, Value] = {
            "fix_state": state,
            "camera": fields.number(1),
            "source": fields.number(1),
            "format": fields.number(1),
        }
        size, number = fields.number(4), fields.number(4)
        if not 0 < size <= MOST_PHOTO_BYTES:
            return [_refused(f"photo {number} is of {size} bytes", "photo_size")]
        fix = None
        # Its hemispheres are not told, so that it is no more than a hint.
        if moment is not None and lat and lon:
            lat_deg, lon_deg = lat / _UNITS_PER_DEG, lon / _UNITS_PER_DEG
            fix = RawFix(epoch=moment, lat_deg=lat_deg, lon_deg=lon_deg, valid=state & 1 != 0)
        self._picture = _Picture(number, size, told, fix)
        return [ask_piece(number, 0, min(size, _PIECE_BYTES))]

    def add(self, fields: Fields, terminal_id: str | None) -> list[Event]:
        """Take in a piece that was asked for; ask for the next or give the whole picture.

        Raises ShortError.
        """
        number, at = fields.number(4), fields.number(4)
        piece = fields.take(fields.number(2))
        picture = self._picture
        if picture is None or picture.number != number:
            return [_refused(f"a piece of photo {number} that was not announced", "photo_piece")]
        if at == len(picture.data):
            picture.data += piece[: picture.size - at]
        if len(picture.data) == picture.size:
            return self._give(picture, terminal_id)
        left = picture.size - len(picture.data)
        return [ask_piece(number, len(picture.data), min(left, _PIECE_BYTES))]

    def add_media(self, fields: Fields, terminal_id: str | None) -> list[Event]:
        """Take in a numbered piece; give the picture when it is whole. Raises ShortError."""
        fields.take(8)
        moment = datetime.fromtimestamp(fields.number(4), UTC)
        place, cells = fields.take(14), fields.take(8)
        number, size = fields.number(4), fields.number(4)
        media, form, cause, index = (fields.number(width) for width in (1, 1, 1, 2))
        if media or form or not 0 < size <= MOST_PHOTO_BYTES:
            return [_refused(f"media {number}, type {media}, of {size} bytes", "photo_size")]
        if index == 0:
            told: dict[str, Value] = {
                "epoch": moment.isoformat(),
                "raw_place": place.hex(),
                "raw_cells": cells.hex(),
                "cause": cause,
            }
            self._picture = _Picture(number, size, told)
        picture = self._picture
        if picture is None or picture.number != number:
            return [_refused(f"a piece of media {number} without its first", "photo_piece")]
        picture.data += fields.rest()[: picture.size - len(picture.data)]
        return self._give(picture, terminal_id) if len(picture.data) == picture.size else []

    def _give(self, picture: _Picture, terminal_id: str | None) -> list[Event]:
        self._picture = None
        data = bytes(picture.data)
        return [
            Photo(
                terminal_id=terminal_id,
                media_type=_MEDIA_TYPES.get(data[:2], "application/octet-stream"),
                data=data,
                fix=picture.fix,
                attributes={"number": picture.number, **picture.attributes},
            )
        ]


def _refused(reason: str, code: str) -> Refused:
    return Refused(reason=f"{reason}: it is left out", code=code)
