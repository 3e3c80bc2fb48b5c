"""Which butterflies are looked at: the bounds of the search, read from a configuration.

What belongs here: the bounds and their checks. What does not: the search (`candidates`), and the weights.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any

from butter_pipeline.errors import ButterError

EXIT_AGE_SESSIONS = 8
"""Found after a session's close, opened in the next, held for seven: closed eight sessions later."""


@dataclass(frozen=True)
class Search:
    """The bounds of the search for butterflies."""

    sessions_to_expiry_max: int
    expiries: int  # the nearest ones that leave time for the exit
    width_sigmas: tuple[float, ...]  # body to wing, in standard deviations to expiry
    body_sigmas_max: float  # spot to body, in the same
    cost_share_pct_max: float
    per_symbol: int  # kept per symbol and session

    def __post_init__(self) -> None:
        """Refuse bounds within which nothing could be found."""
        if self.sessions_to_expiry_max < EXIT_AGE_SESSIONS:
            raise _wrong("sessions_to_expiry_max", self.sessions_to_expiry_max, f"at least {EXIT_AGE_SESSIONS}")
        for name in ("expiries", "per_symbol"):
            if getattr(self, name) < 1:
                raise _wrong(name, getattr(self, name), "at least 1")
        for name in ("body_sigmas_max", "cost_share_pct_max"):
            if not getattr(self, name) > 0.0:
                raise _wrong(name, getattr(self, name), "above 0")
        if not self.width_sigmas or any(after <= before for before, after in pairwise((0.0, *self.width_sigmas))):
            raise _wrong("width_sigmas", list(self.width_sigmas), "numbers above 0, each above the one before")


def search_from_config(values: Mapping[str, Any]) -> Search:
    """The bounds that a configuration (opportunities.yml, under butterflies) states."""
    known = {each.name for each in fields(Search)}
    for name in sorted(known ^ set(values)):
        raise _wrong(name, values.get(name), "there" if name in known else "taken out: there is no such bound")
    widths = values["width_sigmas"]
    if not isinstance(widths, list) or not all(_is_number(width) for width in widths):
        raise _wrong("width_sigmas", widths, "a list of numbers")
    for name in ("sessions_to_expiry_max", "expiries", "per_symbol"):
        if not _is_number(values[name]) or not isinstance(values[name], int):
            raise _wrong(name, values[name], "a whole number")
    for name in ("body_sigmas_max", "cost_share_pct_max"):
        if not _is_number(values[name]):
            raise _wrong(name, values[name], "a number")
    return Search(**dict(values) | {"width_sigmas": tuple(float(width) for width in widths)})


def _is_number(found: Any) -> bool:
    return isinstance(found, int | float) and not isinstance(found, bool)


def _wrong(name: str, was: object, must: str) -> ButterError:
    return ButterError(f"opportunities.yml: butterflies: {name} must be {must}, was {was!r}; set it right")
