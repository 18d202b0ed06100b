"""How many connections there may be."""

from collections import Counter


class Places:
    """Connections, those that still shake hands among them: in all, and by address."""

    def __init__(self, *, most: int, most_of_address: int) -> None:
        self._most = most
        self._most_of_address = most_of_address
        self._by_address: Counter[str] = Counter()
        self._taken = 0

    def take(self, address: str) -> str | None:
        """Take a place, or return why there is none."""
        if self._taken >= self._most:
            return "most_lines"
        if self._by_address[address] >= self._most_of_address:
            return "most_lines_of_address"
        self._by_address[address] += 1
        self._taken += 1
        return None

    def give_back(self, address: str) -> None:
        """Give a place back that was taken."""
        self._taken -= 1
        self._by_address[address] -= 1
        if not self._by_address[address]:
            del self._by_address[address]
