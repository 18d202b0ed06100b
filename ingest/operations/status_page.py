"""`patrol ingest status` as a person reads it, and as a program does."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from ingest.keeping.health import Health
from ingest.operations.status import Loss, Silence, Status

_MIB = 1 << 20


def as_json(status: Status) -> dict[str, Any]:
    """Return all of it as JSON has it; times in ISO 8601, UTC."""
    bytes_a_row = status.keeping.columnstore_bytes_a_row
    told = asdict(status) | {"lag_s": status.lag_s, "attention": status.attention}
    told["on_duty"]["most_silent"] = [one._asdict() for one in status.on_duty.most_silent]
    told["losses"]["worst"] = [one._asdict() for one in status.losses.worst]
    told["keeping"]["columnstore_bytes_a_row"] = bytes_a_row
    plain: dict[str, Any] = _plain(told)
    return plain


def describe(status: Status) -> str:
    """Return it as lines."""
    return "\n".join(f"{f'{name}:' if name else '':<14}{text}" for name, text in _rows(status))


def _rows(status: Status) -> Iterator[tuple[str, str]]:
    lag = "never" if status.lag_s is None else f"{status.lag_s:.0f} s ago"
    yield "heard last", f"{lag}; {status.positions_last_minute} positions in the last minute"
    yield "terminals", _counts(status.terminals)
    on_duty = status.on_duty
    yield (
        "on duty",
        f"{on_duty.terminals} terminals, {on_duty.heard} heard in the last five minutes",
    )
    for silent in on_duty.most_silent:
        yield "", _silence(silent, status.now)
    yield "quarantine", _counts(status.quarantine)
    yield "worklist", _worklist(status)
    yield "numbers", _losses(status)
    for loss in status.losses.worst:
        yield "", _loss(loss)
    yield "kept", _kept(status.keeping)
    if status.keeping.is_hypertable:
        yield "chunks", _chunks(status.keeping)
    versions = status.versions
    extension = f", TimescaleDB {versions.timescaledb}" if versions.timescaledb else ""
    replica = ", a replica" if versions.is_replica else ""
    yield "database", f"PostgreSQL {versions.server}{extension}{replica}; {versions.schema}"
    for text in status.attention or ["nothing"]:
        yield "attention", text


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "none"


def _silence(silent: Silence, now: datetime) -> str:
    if silent.heard_at is None:
        return f"{silent.terminal_id} was never heard"
    return f"{silent.terminal_id} was heard {(now - silent.heard_at).total_seconds():.0f} s ago"


def _worklist(status: Status) -> str:
    work = status.worklist
    told = f"{work.due} worker-days due, {work.marked - work.due} marked for later"
    if work.waiting_since is None:
        return told
    waits_s = (status.now - work.waiting_since).total_seconds()
    return f"{told}; the oldest is of {work.oldest_day}, the longest waits {waits_s:.0f} s"


def _losses(status: Status) -> str:
    losses = status.losses
    told = (
        f"{losses.heard} heard, {losses.missing} missing between them, {losses.thinned} given up by rule, "
        f"{losses.off_duty} off duty, {losses.set_aside} set aside"
    )
    coarse = losses.coarse_outboxes
    return f"{told}; of {coarse} outboxes it is not known what is missing" if coarse else told


def _loss(loss: Loss) -> str:
    outbox = f" (outbox {loss.outbox})" if loss.outbox else ""
    return f"{loss.terminal_id}{outbox}: {loss.missing} missing, {loss.heard} heard"


def _kept(keeping: Health) -> str:
    told = f"{keeping.rows} positions, about, in {keeping.total_bytes / _MIB:.1f} MiB"
    since = "" if keeping.oldest_at is None else f", the oldest of {keeping.oldest_at:%Y-%m-%d}"
    dropped = "" if keeping.facts_from is None else f"; facts of {keeping.facts_from} and later"
    return f"{told}{since}{dropped}"


def _chunks(keeping: Health) -> str:
    told = f"{keeping.chunks}, {keeping.columnstore_chunks} in the columnstore"
    bytes_a_row = keeping.columnstore_bytes_a_row
    if bytes_a_row is not None:
        told += f" with {bytes_a_row:.1f} bytes a position"
    return (
        f"{told}; {keeping.overdue_chunks} overdue, "
        f"{keeping.late_chunks} with {keeping.late_rows} late rows"
    )


def _plain(value: object) -> Any:  # noqa: ANN401 - a JSON value
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [_plain(one) for one in value]
    return value
