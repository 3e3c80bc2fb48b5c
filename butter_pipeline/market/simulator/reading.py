"""A checked reader of nested configuration: every value is asked for by name, kind and range.

What belongs here: turning one mapping into numbers, dates, texts and matrices, and saying in one line
which key was wrong, what was there and what is allowed.
What does not: what the values mean (`world`), and how files are found or hashed (`configs`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

INFINITY = float("inf")


@dataclass
class Section:
    """One mapping of a configuration, which remembers where it stands and what has been read."""

    values: Mapping[str, object]
    place: str
    _read: set[str] = field(default_factory=set)

    def refuse(self, key: str, allowed: str) -> ValueError:
        """Return the error for a key that holds something else than what is allowed."""
        found = repr(self.values[key]) if key in self.values else "missing"
        return ValueError(f"{self.place}.{key}: was {found}, must be {allowed}")

    def value(self, key: str, allowed: str) -> object:
        """Return the raw value of a key that must be present."""
        self._read.add(key)
        if key not in self.values:
            raise self.refuse(key, allowed)
        return self.values[key]

    def number(self, key: str, low: float = -INFINITY, high: float = INFINITY) -> float:
        """Return a number in [low, high]."""
        allowed = f"a number from {low:g} to {high:g}"
        found = self.value(key, allowed)
        if isinstance(found, bool) or not isinstance(found, int | float) or not low <= found <= high:
            raise self.refuse(key, allowed)
        return float(found)

    def integer(self, key: str, low: int = 0) -> int:
        """Return a whole number of at least `low`."""
        allowed = f"a whole number of at least {low}"
        found = self.value(key, allowed)
        if isinstance(found, bool) or not isinstance(found, int) or found < low:
            raise self.refuse(key, allowed)
        return found

    def text(self, key: str) -> str:
        """Return a text that is not empty."""
        found = self.value(key, "a text")
        if not isinstance(found, str) or not found:
            raise self.refuse(key, "a text")
        return found

    def choice(self, key: str, options: Sequence[str]) -> str:
        """One of the named options."""
        allowed = "one of " + ", ".join(options)
        found = self.value(key, allowed)
        if not isinstance(found, str) or found not in options:
            raise self.refuse(key, allowed)
        return found

    def day(self, key: str) -> date:
        """Return a date."""
        found = self.value(key, "a date")
        if isinstance(found, datetime) or not isinstance(found, date):
            raise self.refuse(key, "a date")
        return found

    def day_or_none(self, key: str) -> date | None:
        """Return a date, or null."""
        return None if self.value(key, "a date or null") is None else self.day(key)

    def numbers(self, key: str, count: int, low: float = -INFINITY, high: float = INFINITY) -> tuple[float, ...]:
        """Return a list of exactly `count` numbers in [low, high]."""
        allowed = f"a list of {count} numbers from {low:g} to {high:g}"
        found = self.value(key, allowed)
        if not isinstance(found, list | tuple) or len(found) != count:
            raise self.refuse(key, allowed)
        for item in found:
            if isinstance(item, bool) or not isinstance(item, int | float) or not low <= item <= high:
                raise self.refuse(key, allowed)
        return tuple(float(item) for item in found)

    def transition(self, key: str, states: Sequence[str]) -> tuple[tuple[float, ...], ...]:
        """Return a transition matrix: one row of probabilities per state, each summing to one."""
        rows = self.section(key)
        matrix = tuple(rows.numbers(state, len(states), 0.0, 1.0) for state in states)
        for state, row in zip(states, matrix, strict=True):
            if abs(sum(row) - 1.0) > 1e-9:
                raise rows.refuse(state, "probabilities that sum to 1")
        rows.finish()
        return matrix

    def by_state(self, key: str, states: Sequence[str], low: float = -INFINITY) -> tuple[float, ...]:
        """One number per state, given by name."""
        rows = self.section(key)
        found = tuple(rows.number(state, low) for state in states)
        rows.finish()
        return found

    def section(self, key: str) -> "Section":
        """Return the mapping under a key."""
        found = self.value(key, "a mapping")
        if not isinstance(found, Mapping):
            raise self.refuse(key, "a mapping")
        return Section(found, f"{self.place}.{key}")

    def sections(self, key: str) -> list["Section"]:
        """Return the list of mappings under a key; it must not be empty."""
        found = self.value(key, "a list of mappings")
        if not isinstance(found, list | tuple) or not found or not all(isinstance(item, Mapping) for item in found):
            raise self.refuse(key, "a list of mappings")
        return [Section(item, f"{self.place}.{key}[{place}]") for place, item in enumerate(found)]

    def finish(self) -> None:
        """Refuse keys that nothing has asked for: a misspelt key must not pass in silence."""
        for key in self.values:
            if key not in self._read:
                raise self.refuse(key, "absent: no such key (known: " + ", ".join(sorted(self._read)) + ")")
