"""What a chaos run says: each fault, then the sums, then figures for machines."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from simulator.chaos.reckoning import Reckoning
from simulator.chaos.terminals.fleet import Tally

_TEXTS = {
    "missing": "told to forget, on duty, and not there",
    "twice": "there more than once",
    "extra": "there and not to be there",
    "wrong_numbers": "outboxes whose numbers are told wrong",
    "early": "told to forget what was not sent",
    "poison_missing": "poison that is not in the quarantine",
    "refused": "sound messages in the quarantine",
    "ended": "ingests that ended by themselves or did not end in order",
}


@dataclass(frozen=True, slots=True)
class Struck:
    """A fault that struck: when, how long it lasted, how soon after it something was stored."""

    name: str
    at_s: float
    lasted_s: float
    flowed_after_s: float


def heading() -> str:
    """Return the head of the table of faults."""
    return f"{'fault':<26}{'at':>9}{'lasted':>9}{'flow again after':>18}"


def row(struck: Struck) -> str:
    """Return a line of it."""
    times = f"{struck.at_s:>7.1f} s{struck.lasted_s:>7.1f} s{struck.flowed_after_s:>16.1f} s"
    return f"{struck.name:<26}{times}"


def sums(tally: Tally, reckoning: Reckoning, *, took_s: float, memory_mib: float) -> str:
    """Return what was sent and what became of it, for people."""
    lines = [
        f"{tally.batches:>12,} messages sent, of which {tally.again:,} had been sent before",
        f"{tally.poison:>12,} messages of poison beside them",
        f"{tally.receipts:>12,} receipts heard",
        f"{reckoning.told:>12,} fixes told to forget",
        f"{reckoning.stored:>12,} stored",
        f"{reckoning.set_aside:>12,} set aside, of a wrong clock",
        f"{reckoning.off_duty:>12,} dropped, off duty",
        "",
        *(f"{count:>12,} {_TEXTS[name]}" for name, count in reckoning.differences.items()),
        "",
        *reckoning.examples,
        f"Took {took_s:.0f} s; an ingest held {memory_mib:.0f} MiB at most.",
    ]
    return "\n".join(lines)


def figures(struck: Sequence[Struck], reckoning: Reckoning, *, memory_mib: float) -> str:
    """Return one line of JSON."""
    plain: dict[str, Any] = {
        "faults": len(struck),
        "fixes_told": reckoning.told,
        "fixes_stored": reckoning.stored,
        "fixes_set_aside": reckoning.set_aside,
        "fixes_off_duty": reckoning.off_duty,
        "ingest_memory_mib": round(memory_mib),
        "longest_without_flow_s": round(max((one.flowed_after_s for one in struck), default=0), 1),
    }
    found = [
        {"name": name, "value": value, "goal": None, "reached": None}
        for name, value in plain.items()
    ]
    found += [
        {"name": name, "value": value, "goal": "0", "reached": value == 0}
        for name, value in reckoning.differences.items()
    ]
    return json.dumps({"bench": "chaos", "figures": found})
