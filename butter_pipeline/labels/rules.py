"""When a label matures and what it counts: the rules that the SQL is told.

What belongs here: checking the rules. What does not: applying them, which is SQL (`dbt_project`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from butter_pipeline.backtest.fills import costs_from_config
from butter_pipeline.errors import ButterError


@dataclass(frozen=True)
class Rules:
    """What counts as an exit, a target and a stop, and what a fill on bars costs."""

    horizon_sessions: float  # from the entry to the exit
    target_pct: float  # profit at a close
    stop_pct: float  # loss at a close
    slippage_bps: float  # against the trader, of a bar's price

    def __post_init__(self) -> None:
        """Refuse rules that nobody could mean."""
        if self.horizon_sessions not in range(1, 8):
            raise ButterError(f"labels.yml: horizon_sessions must be from 1 to 7, was {self.horizon_sessions!r}")
        for name in ("target_pct", "stop_pct"):
            if not getattr(self, name) > 0.0:
                raise ButterError(f"labels.yml: {name} must be above 0, was {getattr(self, name)!r}; set it right")

    @property
    def exit_age(self) -> int:
        """Sessions from the decision to the exit; the entry is in the first of them."""
        return int(self.horizon_sessions) + 1

    @property
    def settings(self) -> Mapping[str, float]:
        """What the SQL names."""
        return {
            "exit_age": self.exit_age,
            "target_pct": self.target_pct,
            "stop_pct": self.stop_pct,
            "slippage_bps": self.slippage_bps,
        }


def rules_from_config(labels: Mapping[str, object], costs: Mapping[str, object]) -> Rules:
    """The rules that the configurations (configs/labels.yml, configs/costs.yml) state."""
    found: dict[str, float] = {}
    for name in ("horizon_sessions", "target_pct", "stop_pct"):
        value = labels.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ButterError(f"labels.yml: {name} must be a number, was {value!r}; set it right")
        found[name] = value
    return Rules(**found, slippage_bps=costs_from_config(costs).slippage_bps)
