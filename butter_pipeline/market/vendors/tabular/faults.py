"""What is wrong with the rows of a file, row by row: the first fault of each counts.

What belongs here: the book of faults while a file is read. What does not: how the rows at fault are handed over
(`refused`).
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Mask = NDArray[Any]


class Faults:
    """Faults of so many rows."""

    def __init__(self, count: int) -> None:
        """A book in which no row has a fault."""
        import numpy as np

        self._number = np.full(count, -1, dtype=np.int16)
        self._notes: list[tuple[str, str]] = []

    def mark(self, where: "Mask", column: str, wanted: str) -> None:
        """Say of some rows that a column of theirs does not hold what is wanted."""
        chosen = where & (self._number < 0)
        if chosen.any():
            self._number[chosen] = len(self._notes)
            self._notes.append((column, wanted))

    @property
    def rows(self) -> "Mask":
        """The places of the rows that have a fault."""
        return (self._number >= 0).nonzero()[0]

    @property
    def good(self) -> "Mask":
        """Which rows have none."""
        return self._number < 0

    def of(self, row: int) -> tuple[str, str]:
        """A row's column at fault, and what it should hold."""
        return self._notes[int(self._number[row])]
