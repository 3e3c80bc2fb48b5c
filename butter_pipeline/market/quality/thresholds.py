"""The `quality` section of configs/market.yml, read and checked.

What belongs here: which thresholds there are. What does not: their values and reasons, which stand in the
configuration, and the rules that use them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Thresholds:
    """The `quality` section of configs/market.yml, where each is explained."""

    completeness_pct: float

    jump_log_pct: float
    jump_ordinary_log_pct: float
    jump_unusual_log_pct: float
    jump_sigmas: float
    jump_unusual_sigmas: float
    jump_window_days: int
    surge_ratio: float
    split_ratios: tuple[float, ...]
    split_tolerance_pct: float
    split_turnover_ratio: float
    unit_ratios: tuple[float, ...]
    unit_tolerance_pct: float
    volume_unit_tolerance_ratio: float
    volume_sigmas: float
    exchanged_tolerance_pct: float

    violent_move_pct: float
    violent_wide_pct: float
    frozen_pct: float
    still_sessions: int

    underlying_gap_pct: float
    parity_spot_pct: float
    parity_carry_pct: float
    parity_pairs_pct: float
    arbitrage_spot_pct: float
    arbitrage_pairs_pct: float
    wide_spot_pct: float
    wide_mid_pct: float
    vendor_iv_range: tuple[float, float]

    vol_index_range: tuple[float, float]
    rate_most_pct: float
    vendors_apart_pct: float

    @classmethod
    def from_config(cls, values: Mapping[str, Any]) -> "Thresholds":
        """The thresholds that a configuration states; it must state all of them and no others."""
        from butter_pipeline.configs import ConfigError

        names = {field.name for field in fields(cls)}
        wrong = sorted(names.symmetric_difference(values))
        if wrong:
            state = "missing" if wrong[0] in names else "unknown"
            raise ConfigError(f"market.yml: quality.{wrong[0]} is {state}; see configs/market.yml as it was delivered")
        types = {field.name: field.type for field in fields(cls)}
        for name, value in values.items():
            if isinstance(value, list) != ("tuple" in str(types[name])):
                kind = "a number" if isinstance(value, list) else "a list of numbers"
                raise ConfigError(f"market.yml: quality.{name} must be {kind}, was {value!r}")
            numbers = value if isinstance(value, list) else [value]
            if not all(isinstance(n, (int, float)) and not isinstance(n, bool) and n > 0 for n in numbers):
                raise ConfigError(f"market.yml: quality.{name} must be positive, was {value!r}")
        stated: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}
        if values["completeness_pct"] > 100:
            was = values["completeness_pct"]
            raise ConfigError(f"market.yml: quality.completeness_pct must be at most 100, was {was!r}")
        return cls(**stated)
