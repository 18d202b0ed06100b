"""The features of a long GeoJSON document, one by one, so that nobody waits for all of it."""

import re
from collections.abc import Iterator
from json import JSONDecoder
from typing import Any, Final

_BLANK: Final = re.compile(r"[ \t\r\n]*")


class _Walk:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._decoder = JSONDecoder()

    def value(self) -> Any:  # noqa: ANN401 - JSON
        self._skip()
        found, self._at = self._decoder.raw_decode(self._text, self._at)
        return found

    def take(self, marks: str) -> str:
        self._skip()
        mark = self._text[self._at : self._at + 1]
        if not mark or mark not in marks:
            raise ValueError(f"{' or '.join(marks)} is missing at character {self._at}")
        self._at += 1
        return mark

    def sees(self, mark: str) -> bool:
        self._skip()
        return self._text.startswith(mark, self._at)

    def end(self) -> None:
        self._skip()
        if self._at != len(self._text):
            raise ValueError(f"there is more behind the document, at character {self._at}")

    def _skip(self) -> None:
        found = _BLANK.match(self._text, self._at)
        assert found is not None  # noqa: S101 - an empty match is one
        self._at = found.end()


def walk_features(text: str) -> Iterator[dict[str, Any]]:
    """Yield the features of a FeatureCollection in `text`; ValueError where it is none."""
    walk = _Walk(text)
    walk.take("{")
    is_found = False
    while not walk.sees("}"):
        key = walk.value()
        walk.take(":")
        if key == "features" and walk.sees("["):
            is_found = True
            yield from _elements(walk)
        else:
            walk.value()
        if walk.take(",}") == "}":
            break
    walk.end()
    if not is_found:
        raise ValueError("it has no list of features")


def _elements(walk: _Walk) -> Iterator[dict[str, Any]]:
    walk.take("[")
    if walk.sees("]"):
        walk.take("]")
        return
    while True:
        feature = walk.value()
        if not isinstance(feature, dict):
            raise ValueError("a feature is no object")  # noqa: TRY004 - of the text, not of a type
        yield feature
        if walk.take(",]") == "]":
            return
