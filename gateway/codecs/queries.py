"""Fields of a query or a form: `name=value&...`, in UTF-8 behind %-escapes (WHATWG URL, 5.1)."""

import re

from patrol.errors import InputError

FIELDS_LIMIT = 256

_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
# Pages and logs write & as &amp;.
_MARKUP = "amp;"


def read_pairs(query: str) -> list[tuple[str, str]]:
    """Return names and values in order, without blanks around them and without NUL.

    Raises InputError when there are more than `FIELDS_LIMIT`.
    """
    parts = query.replace("\0", "").split("&", FIELDS_LIMIT)
    if len(parts) > FIELDS_LIMIT:
        raise InputError(f"the report has more than {FIELDS_LIMIT} fields: send fewer")
    is_plain = "%" not in query and "+" not in query and _MARKUP not in query
    pairs = []
    for part in parts:
        name, _, value = part.partition("=")
        if not is_plain:
            name, value = _plain(name).removeprefix(_MARKUP), _plain(value)
        if name:
            pairs.append((name.strip(), value.strip()))
    return pairs


def _plain(text: str) -> str:
    raw = text.replace("+", " ").encode("utf-8", "replace")
    decoded = _ESCAPE.sub(lambda escape: bytes([int(escape[1], 16)]), raw)
    return decoded.decode("utf-8", "replace").replace("\0", "")
