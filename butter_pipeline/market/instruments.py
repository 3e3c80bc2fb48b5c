"""What an instrument is beyond its rows, and to which basis its bars are brought.

That is `adjustment` and `instruments` of configs/market.yml, where each is explained.

What belongs here: reading and checking those keys. What does not: applying them (`market.actions`, `market.quality`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from typing import Any

from butter_pipeline import configs
from butter_pipeline.configs import ConfigError

ADJUSTMENTS = ("splits", "total_return")
ROLLS = ("difference", "ratio", "unadjusted")


@dataclass(frozen=True)
class Instrument:
    """One instrument: how rolls of a future are taken out of its bars, and whether a price may be below zero."""

    rolls: str = "difference"
    may_be_negative: bool = False


@dataclass(frozen=True)
class Policy:
    """To which basis bars are brought: what is taken out of every symbol's, and what the instruments say."""

    adjustment: str = "splits"
    instruments: Mapping[str, Instrument] = field(default_factory=dict)

    def of(self, symbol: str) -> Instrument:
        """The instrument; an ordinary one when nothing is said of it."""
        return self.instruments.get(symbol, Instrument())


def policy() -> Policy:
    """The policy that configs/market.yml states."""
    config = configs.load("market")
    return _policy(config.hash)


@lru_cache
def _policy(_hash: str) -> Policy:
    return policy_from_config(configs.load("market").values)


def policy_from_config(values: Mapping[str, Any]) -> Policy:
    """The policy that a configuration states; without the keys it is the default."""
    adjustment = values.get("adjustment", Policy.adjustment)
    if adjustment not in ADJUSTMENTS:
        raise ConfigError(f"market.yml: adjustment must be {' or '.join(ADJUSTMENTS)}, was {adjustment!r}; set it")
    told = values.get("instruments") or {}
    if not isinstance(told, Mapping):
        raise ConfigError(f"market.yml: instruments must be settings by symbol, was {told!r}; set it right")
    return Policy(adjustment, {str(symbol): _instrument(str(symbol), found) for symbol, found in told.items()})


def _instrument(symbol: str, told: Any) -> Instrument:
    where = f"market.yml: instruments.{symbol}"
    if not isinstance(told, Mapping):
        raise ConfigError(f"{where} must be settings by name, was {told!r}; set it right")
    known = [each.name for each in fields(Instrument)]
    if odd := sorted(set(told) - set(known)):
        raise ConfigError(f"{where}.{odd[0]} is no setting; there are {', '.join(known)}")
    made = Instrument(**told)
    if made.rolls not in ROLLS:
        raise ConfigError(f"{where}.rolls must be one of {', '.join(ROLLS)}, was {made.rolls!r}; set it right")
    if not isinstance(made.may_be_negative, bool):
        raise ConfigError(f"{where}.may_be_negative must be true or false, was {made.may_be_negative!r}; set it right")
    if made.may_be_negative and made.rolls == "ratio":
        raise ConfigError(f"{where}.rolls: a ratio needs prices above zero, which this one may lack; use difference")
    return made
