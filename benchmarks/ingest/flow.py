"""From published to committed: how long a load takes, end to end."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

from benchmarks.ingest.sending import Listener, Load, counter, flooding
from benchmarks.ingest.stage import Stage

# Enough for the broker never to run dry, and far from what it would drop.
AHEAD = 20_000
_LOOK_S = 0.02
_STUCK_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a load came to. `told` is how many fixes terminals were told to forget."""

    messages: int
    positions: int
    took_s: float
    batches: int
    cpu_s: float
    told: int

    @property
    def positions_a_second(self) -> float:
        """How many fixes were committed a second, from the first one published."""
        return self.positions / self.took_s

    @property
    def messages_a_second(self) -> float:
        """How many messages were committed a second, from the first one published."""
        return self.messages / self.took_s


def run_ingest(stage: Stage, messages: Sequence[bytes], *, positions: int) -> Run:
    """Publish `messages`, that hold so many positions, until all are committed."""
    done = counter()
    load = Load(port=stage.broker.port, messages=messages, done=done, ahead=AHEAD)
    with stage.database() as dsn, stage.ingest(dsn) as ingest:
        listener = Listener(stage.broker.port, "gp/1/+/stored")
        began = progress = time.time()
        with flooding(load):
            while ingest.messages < len(messages):
                time.sleep(_LOOK_S)
                before = ingest.messages
                ingest.look()
                done.value = ingest.messages
                progress = time.time() if ingest.messages > before else progress
                if time.time() - progress > _STUCK_S:
                    raise RuntimeError(f"nothing is committed any more: see {ingest.log}")
        took_s = ingest.last_at - began
        told = _wait_for(listener, positions)
        listener.close()
        _check(dsn, positions)
    return Run(
        messages=len(messages),
        positions=positions,
        took_s=took_s,
        batches=ingest.batches,
        cpu_s=ingest.cpu_s,
        told=told,
    )


def _wait_for(listener: Listener, positions: int) -> int:
    until = time.monotonic() + 10.0
    while (told := listener.count()) < positions and time.monotonic() < until:
        time.sleep(0.1)
    return told


def _check(dsn: str, positions: int) -> None:
    with psycopg.connect(dsn) as conn:
        row = conn.execute("select count(*) from position").fetchone()
    if row is None or row[0] != positions:
        raise RuntimeError(f"{row} positions are stored, not {positions}")
