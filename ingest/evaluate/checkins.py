"""Recorded check-ins out of a CSV file."""

from collections.abc import Mapping
from dataclasses import dataclass

from patrol import ids
from patrol.errors import InputError
from patrol.ids import WorkerId
from patrol.notices.checkins import CheckIn, CheckInKind, Phase
from patrol.registers.files import Problems, Source, epoch, read_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckInRow:
    """A check-in."""

    worker_id: WorkerId
    checkin: CheckIn
    where: str


def read_checkins(source: Source, problems: Problems) -> list[CheckInRow]:
    """Return the check-ins in a CSV file: `worker_id,at,kind,phase,premises_id`.

    A `checkin_id` may stand there, too; lines that are all the same are one check-in.
    """

    def read(row: Mapping[str, str], where: str) -> CheckInRow:
        checkin = CheckIn(
            checkin_id=row.get("checkin_id", ""),
            at=epoch(row, "at"),
            kind=CheckInKind(_choice(row, "kind", CheckInKind)),
            phase=Phase(_choice(row, "phase", Phase)),
            premises_id=ids.premises_id(row["premises_id"]) if row["premises_id"] else None,
        )
        return CheckInRow(worker_id=ids.worker_id(row["worker_id"]), checkin=checkin, where=where)

    columns = ("worker_id", "at", "kind", "phase", "premises_id")
    return read_rows(source, read, problems, columns=columns, optional="checkin_id")


def _choice(row: Mapping[str, str], key: str, allowed: type[CheckInKind] | type[Phase]) -> str:
    if row[key] not in list(allowed):
        raise InputError(f"{key} {row[key]!r} is not one of {', '.join(allowed)}")
    return row[key]
