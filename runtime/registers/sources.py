"""Files of registers, read."""

from pathlib import Path

from patrol.errors import InputError
from patrol.registers.files import Text


def read_source(path: Path) -> Text:
    """Return the text of a file in UTF-8, or raise InputError."""
    try:
        # Spreadsheets put a byte order mark in front.
        return Text(str(path), path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8: save it as such") from error
