"""The desk: everything that decisions rest on and that does not change from session to session.

What belongs here: reading it from configuration. What does not: the limits' meaning (`risk`), and the book.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from butter_pipeline.backtest.fills import Costs
from butter_pipeline.errors import ButterError
from butter_pipeline.policy.weightings import Weighting
from butter_pipeline.trading.risk import Limits, Switch


@dataclass(frozen=True)
class Sizing:
    """How much an arm asks for."""

    start_equity_usd: float
    max_new_per_session: int
    base_risk_pct: float
    limit_slack_pct: float


@dataclass(frozen=True)
class Desk:
    """Whose market, the static weights, sizes, limits, the switch, and what trading costs."""

    vendor: str
    static: Weighting
    sizing: Sizing
    limits: Limits
    switch: Switch
    costs: Costs


def desk_from_config(values: Mapping[str, object], vendor: str, static: Weighting, costs: Costs) -> Desk:
    """The desk that a configuration (configs/trading.yml) states."""
    sizing = Sizing(
        start_equity_usd=_number(values, "start_equity_usd"),
        max_new_per_session=int(_number(values, "max_new_per_session")),
        base_risk_pct=_number(values, "base_risk_pct"),
        limit_slack_pct=_number(values, "limit_slack_pct"),
    )
    limits, switch = _part(values, "limits"), _part(values, "kill_switch")
    return Desk(
        vendor=vendor,
        static=static,
        sizing=sizing,
        limits=Limits(
            _number(limits, "position_pct"),
            int(_number(limits, "open_positions")),
            _number(limits, "risk_per_trade_pct"),
        ),
        switch=Switch(int(_number(switch, "losses_in_a_row")), _number(switch, "drawdown_pct")),
        costs=costs,
    )


def _part(values: Mapping[str, object], name: str) -> Mapping[str, object]:
    found = values.get(name)
    if not isinstance(found, Mapping):
        raise ButterError(f"trading.yml: {name} must be values by name, was {found!r}; set it right")
    return found


def _number(values: Mapping[str, object], name: str) -> float:
    found = values.get(name)
    if isinstance(found, bool) or not isinstance(found, int | float) or not found >= 0:
        raise ButterError(f"trading.yml: {name} must be a number of at least 0, was {found!r}; set it right")
    return float(found)
