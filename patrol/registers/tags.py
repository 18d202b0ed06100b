"""The tags at doors, out of a CSV file."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from patrol import ids, wire
from patrol.errors import InputError
from patrol.registers.files import Problems, Source, epoch, read_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class TagRow:
    """A tag, by the SHA-256 of its token, and when it is at which premises; None is open."""

    token_sha256: bytes
    premises_id: str
    valid_from: datetime | None
    valid_to: datetime | None
    where: str

    @property
    def content(self) -> tuple[bytes, str, datetime | None, datetime | None]:
        """All but where it stands."""
        return self.token_sha256, self.premises_id, self.valid_from, self.valid_to


def sha256_of(token: str) -> bytes:
    """Return what is kept of a token."""
    return sha256(token.encode()).digest()


def read_tags(source: Source, problems: Problems) -> list[TagRow]:
    """Return the tags in a CSV file: `token,premises_id,valid_from,valid_to`."""

    def read(row: Mapping[str, str], where: str) -> TagRow:
        token = wire.name(row, "token")
        valid_from, valid_to = (
            epoch(row, key) if row[key] else None for key in ("valid_from", "valid_to")
        )
        if valid_from is not None and valid_to is not None and valid_to <= valid_from:
            raise InputError("valid_to is not after valid_from")
        return TagRow(
            token_sha256=sha256_of(token),
            premises_id=ids.premises_id(row["premises_id"]),
            valid_from=valid_from,
            valid_to=valid_to,
            where=where,
        )

    columns = ("token", "premises_id", "valid_from", "valid_to")
    return read_rows(source, read, problems, columns=columns)
