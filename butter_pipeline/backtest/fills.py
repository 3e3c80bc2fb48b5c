"""What a trade costs and fetches: the one fill that backtest, labels and the simulated broker share.

What belongs here: from quotes and bars to dollars, costs included. What does not: when to trade, and where
quotes come from.

A butterfly pays the whole spread: bought legs at the ask, sold legs at the bid, a commission for each of its
four contracts. Without a quote of every leg there is no fill, and the amount is nan; a bid of zero is a quote,
at which a wing may be sold for nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from butter_pipeline.errors import ButterError

Floats = NDArray[np.float64]

CONTRACTS_PER_BUTTERFLY = 4
LEGS = ("lower", "body", "upper")


@dataclass(frozen=True)
class Costs:
    """What trading costs."""

    multiplier: float  # shares per contract
    commission_per_contract_usd: float
    slippage_bps: float  # against the trader, of a bar's price

    def __post_init__(self) -> None:
        """Refuse costs that nobody could mean."""
        if not self.multiplier > 0.0:
            raise ButterError(f"costs: multiplier must be above 0, was {self.multiplier!r}; set it right")
        for name in ("commission_per_contract_usd", "slippage_bps"):
            if not getattr(self, name) >= 0.0:
                raise ButterError(f"costs: {name} must be at least 0, was {getattr(self, name)!r}; set it right")

    @property
    def commission_usd(self) -> float:
        """The commission of opening or of closing one butterfly."""
        return CONTRACTS_PER_BUTTERFLY * self.commission_per_contract_usd


def costs_from_config(values: Mapping[str, object]) -> Costs:
    """The costs that a configuration (configs/costs.yml) states."""
    names = ("multiplier", "commission_per_contract_usd", "slippage_bps")
    for name in names:
        found = values.get(name)
        if isinstance(found, bool) or not isinstance(found, int | float):
            raise ButterError(f"costs.yml: {name} must be a number, was {found!r}; set it right")
    return Costs(**{name: float(values[name]) for name in names})  # type: ignore[arg-type]


@dataclass(frozen=True)
class Quotes:
    """Bids and asks of a butterfly's legs per share, [lower, body, upper] by butterfly; nan for no quote."""

    bid: Floats
    ask: Floats

    @property
    def complete(self) -> NDArray[np.bool_]:
        """Whether every leg is quoted: a bid, and an ask above zero."""
        quoted = np.isfinite(self.bid) & (self.bid >= 0.0) & np.isfinite(self.ask) & (self.ask > 0.0)
        return np.asarray(quoted[0] & quoted[1] & quoted[2])


def open_cost_usd(quotes: Quotes, costs: Costs) -> Floats:
    """What buying one butterfly costs: wings at the ask, bodies at the bid, and commission."""
    debit = (quotes.ask[0] - 2.0 * quotes.bid[1] + quotes.ask[2]) * costs.multiplier
    return np.asarray(np.where(quotes.complete, debit + costs.commission_usd, np.nan))


def close_value_usd(quotes: Quotes, costs: Costs) -> Floats:
    """What selling one butterfly fetches: wings at the bid, bodies at the ask, less commission."""
    credit = (quotes.bid[0] - 2.0 * quotes.ask[1] + quotes.bid[2]) * costs.multiplier
    return np.asarray(np.where(quotes.complete, credit - costs.commission_usd, np.nan))


def mid_usd(quotes: Quotes, costs: Costs) -> Floats:
    """One butterfly half-way between the quotes, without costs: what it is worth, not what it trades at."""
    mid = 0.5 * (quotes.bid + quotes.ask)
    return np.asarray(np.where(quotes.complete, (mid[0] - 2.0 * mid[1] + mid[2]) * costs.multiplier, np.nan))


def bought_at(price: Floats, costs: Costs) -> Floats:
    """What buying at a bar's price comes to, slippage included."""
    return np.asarray(price * (1.0 + costs.slippage_bps / 1e4))


def sold_at(price: Floats, costs: Costs) -> Floats:
    """What selling at a bar's price comes to, slippage included."""
    return np.asarray(price * (1.0 - costs.slippage_bps / 1e4))
