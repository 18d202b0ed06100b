"""Fixes of many terminals at once, as columns."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from patrol.track import Integers, Mask

Index: TypeAlias = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Fixes:
    """One array a column, all of one length, in the canonical integers of wire and storage.

    `parcel` is the number of the message that brought a fix, `seq` the fix's own number in the
    terminal's outbox. `values` are the columns of `position` that may be `patrol.track.UNKNOWN`, and `flags`.
    """

    parcel: Integers
    seq: Integers
    epoch_ms: Integers
    lat_e7: Integers
    lon_e7: Integers
    values: Mapping[str, Integers]

    @classmethod
    def none(cls) -> "Fixes":
        """Return no fixes."""
        empty = np.empty(0, dtype=np.int64)
        names = [one.name for one in fields(cls) if one.name != "values"]
        return cls(**dict.fromkeys(names, empty), values={"flags": empty})

    def __len__(self) -> int:
        return len(self.seq)

    def at(self, index: Index | Mask) -> "Fixes":
        """Return the fixes at `index`."""
        picked: dict[str, Any] = {
            one.name: getattr(self, one.name)[index] for one in fields(self) if one.name != "values"
        }
        values = {name: column[index] for name, column in self.values.items()}
        return Fixes(**picked, values=values)
