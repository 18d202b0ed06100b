"""The account of a soak: every fix that was read is kept or left out, every kept one stored."""

from collections import Counter
from dataclasses import dataclass, field

from simulator.soaking.month import Trouble


@dataclass(slots=True)
class Account:
    """What happened; `wrong` names what does not add up."""

    days: int = 0
    epochs: int = 0
    read: int = 0
    kept: int = 0
    thinned: int = 0
    amid_kills: int = 0
    kept_amid_kills: int = 0
    troubles: Counter[Trouble] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def add_run(self, counts: dict[str, int], kept: int) -> None:
        """Add a run of the agent, up to a moment at which it had read all that was sent."""
        left_out = counts["thinned"] + counts["off_duty"] + counts["implausible"]
        if counts["read"] != kept + left_out:
            self.wrong.append(f"read {counts['read']}, kept {kept}, left out {left_out}")
        if counts["off_duty"] or counts["implausible"]:
            self.wrong.append(f"fixes of duty were not taken for such: {counts}")
        self.read += counts["read"]
        self.kept += kept
        self.thinned += counts["thinned"]

    def close(self, *, written: int, stored: int, epochs: int, numbers: str | None) -> None:
        """Hold the outbox against the server: what was written, rows, distinct epochs, numbers."""
        if not written == stored == epochs:
            self.wrong.append(f"written {written}, stored {stored}, of distinct epochs {epochs}")
        if numbers != f"{{[1,{written + 1})}}":
            self.wrong.append(f"the server heard of the numbers {numbers}, not of 1 to {written}")

    def lines(self) -> list[str]:
        """Return the account for people."""
        struck = ", ".join(
            f"{self.troubles[one]} times {one}" for one in Trouble if one != "nothing"
        )
        return [
            f"{self.days} days, {self.epochs} epochs of the receiver; {struck}",
            f"read {self.read} = kept {self.kept} + thinned by rule {self.thinned}",
            f"sent amid kills {self.amid_kills}, of them kept {self.kept_amid_kills}",
            *(f"WRONG: {one}" for one in self.wrong),
            "every fix is accounted for" if not self.wrong else "NOT every fix is accounted for",
        ]
