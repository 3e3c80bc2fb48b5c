"""What a person may say about files that do not say it themselves: `vendors.csv` in configs/market.yml.

What belongs here: those few choices. What does not: what a file itself shows, which is found by looking.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

CHOICES = {
    "stamps": ("start", "end"),
    "date_order": (None, "day_first", "month_first"),
    "decimal": (None, "point", "comma"),
    "mid_as_quote": (False, True),
}
ZERO_WHEN_EMPTY = ("volume", "open_interest")


@dataclass(frozen=True)
class Form:
    """How to read what could be read in two ways; `None` refuses it."""

    zone: str | None = None
    """Time zone of intraday stamps that carry none, such as America/New_York."""
    stamps: str = "start"
    """Whether an intraday stamp is the bar's start or its end."""
    date_order: str | None = None
    """`day_first` or `month_first` for dates such as 03/04/2024 where no row of the file tells."""
    decimal: str | None = None
    """`point` or `comma` where no cell of the file tells whether 1,234 is a thousand or a little over one."""
    close: str | None = None
    """The header of the column that is the close, where a file has several, such as Settle."""
    mid_as_quote: bool = False
    """Whether a chain that quotes a middle price alone is taken in with bid = ask = that price."""
    empty_is_zero: tuple[str, ...] = ()
    """Columns of counts in which an empty cell means nought; otherwise it is a missing value."""

    @classmethod
    def from_config(cls, values: Mapping[str, Any]) -> "Form":
        """The form that a configuration states; what it does not name stays refused."""
        from butter_pipeline.configs import ConfigError

        where = "market.yml: vendors.csv"
        unknown = sorted(set(values) - set(cls.__dataclass_fields__))
        if unknown:
            raise ConfigError(f"{where}.{unknown[0]} is unknown; use one of: {', '.join(cls.__dataclass_fields__)}")
        for name, allowed in CHOICES.items():
            if name in values and not any(values[name] is each or values[name] == each for each in allowed):
                raise ConfigError(f"{where}.{name} must be one of {allowed}, was {values[name]!r}")
        _check_zone(values.get("zone"), where)
        zeros = values.get("empty_is_zero") or ()
        if not isinstance(zeros, list | tuple) or set(zeros) - set(ZERO_WHEN_EMPTY):
            raise ConfigError(f"{where}.empty_is_zero must be a list of {', '.join(ZERO_WHEN_EMPTY)}, was {zeros!r}")
        return cls(**{**values, "empty_is_zero": tuple(zeros)})


def _check_zone(zone: object, where: str) -> None:
    from butter_pipeline.configs import ConfigError

    if zone is None:
        return
    try:
        ZoneInfo(str(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(f"{where}.zone must be a time zone such as America/New_York, was {zone!r}") from None
