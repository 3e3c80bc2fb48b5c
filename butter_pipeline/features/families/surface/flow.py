"""What options cost to trade, and what is traded and held.

What belongs here: spreads, volume and open interest of the whole chain. What does not: volatilities (`smile`).
"""

import numpy as np

from butter_pipeline.features.chain import Smiles
from butter_pipeline.features.registry import Floats, feature

PRICES = ("chains.bid", "chains.ask", "chains.strike", "chains.underlying_price")
TRADED = ("chains.volume", "chains.right")
HELD = ("chains.open_interest", "chains.right")
NEAR = 0.10
"""Log distance from the money within which quotes count as near."""
SHARE = (0.0, 1.0)


@feature(PRICES, 1, "percent of the mid", (0.0, 200.0))
def option_spread_pct(smiles: Smiles) -> Floats:
    """The mean spread of quotes near the money that have a bid.

    100 mean((ask - bid) / ((ask + bid) / 2)), |ln(K / S)| <= 0.1. Source: Cao and Wei (2010), Journal of Financial
    Markets 13(1).
    """
    quotes = smiles.quotes
    near = (np.abs(quotes.moneyness) <= NEAR) & (quotes.bid > 0.0) & (quotes.ask >= quotes.bid)
    middle = np.where(near, quotes.ask + quotes.bid, 1.0) / 2.0
    return 100.0 * quotes.mean((quotes.ask - quotes.bid) / middle, near.astype(np.float64))


@feature(("chains.bid",), 1, "percent", (0.0, 100.0))
def bid_share_pct(smiles: Smiles) -> Floats:
    """The share of the listed contracts that somebody bids for.

    100 mean(bid > 0). Source: Cao and Wei (2010), Journal of Financial Markets 13(1).
    """
    quotes = smiles.quotes
    return 100.0 * quotes.mean((quotes.bid > 0.0).astype(np.float64), np.ones(len(quotes.row)))


@feature(TRADED, 1, "share", SHARE, formula="put_share")
def put_volume_share(smiles: Smiles) -> Floats:
    """Puts' share in the volume of all options.

    volume of puts / (volume of puts and calls). Source: Pan and Poteshman (2006), Review of Financial Studies 19(3).
    """
    return smiles.quotes.mean((~smiles.quotes.call).astype(np.float64), smiles.quotes.volume)


@feature(HELD, 1, "share", SHARE, formula="put_share")
def put_interest_share(smiles: Smiles) -> Floats:
    """Puts' share in the open interest of all options.

    open interest of puts / (that of puts and calls). Source: Fodor, Krieger and Doran (2010), Do Option
    Open-Interest Changes Foreshadow Future Equity Returns?
    """
    return smiles.quotes.mean((~smiles.quotes.call).astype(np.float64), smiles.quotes.open_interest)


@feature((*TRADED, "chains.open_interest"), 1, "share", (-1.0, 1.0))
def put_flow_imbalance(smiles: Smiles) -> Floats:
    """Puts' share in the session's volume less their share in what is held: new leaning towards puts.

    put share of volume - put share of open interest. Source: Easley, O'Hara and Srinivas (1998), Journal of Finance
    53(2).
    """
    put = (~smiles.quotes.call).astype(np.float64)
    return smiles.quotes.mean(put, smiles.quotes.volume) - smiles.quotes.mean(put, smiles.quotes.open_interest)


@feature(("chains.volume", "chains.open_interest"), 1, "ratio", (0.0, np.inf))
def option_turnover(smiles: Smiles) -> Floats:
    """The session's volume over what is held.

    sum(volume) / sum(open interest). Source: Roll, Schwartz and Subrahmanyam (2010), Journal of Financial Economics
    96(1).
    """
    return smiles.quotes.total(smiles.quotes.volume) / smiles.quotes.total(smiles.quotes.open_interest)


@feature(("chains.open_interest", "chains.strike", "chains.underlying_price"), 1, "percent", formula="strike_center")
def interest_center_pct(smiles: Smiles) -> Floats:
    """How far from the price what is held is centred.

    100 mean of ln(K / S) weighed by open interest. Source: Ni, Pearson and Poteshman (2005), Journal of Financial
    Economics 78(1).
    """
    return 100.0 * smiles.quotes.mean(smiles.quotes.moneyness, smiles.quotes.open_interest)


@feature(("chains.volume", "chains.strike", "chains.underlying_price"), 1, "percent", formula="strike_center")
def volume_center_pct(smiles: Smiles) -> Floats:
    """How far from the price what was traded is centred.

    100 mean of ln(K / S) weighed by volume. Source: Bernile, Gao and Hu (2016), Center of Volume Mass.
    """
    return 100.0 * smiles.quotes.mean(smiles.quotes.moneyness, smiles.quotes.volume)


@feature((*HELD, "chains.vendor_iv", "chains.strike", "chains.underlying_price"), 1, "share", (-1.0, 1.0))
def gamma_imbalance(smiles: Smiles) -> Floats:
    """The gamma of calls that are held less that of puts, over both.

    (sum calls - sum puts) / sum of open interest times gamma. Source: Barbon and Buraschi (2020), Gamma Fragility.
    """
    quotes = smiles.quotes
    deviation = quotes.iv * np.sqrt(quotes.days / 365.0)
    place = -quotes.moneyness / deviation + deviation / 2.0
    gamma = np.where(deviation > 0.0, np.exp(-0.5 * place**2) / deviation, np.nan)
    side = np.where(quotes.call, 1.0, -1.0)
    return quotes.mean(side, np.where(np.isfinite(gamma), gamma, 0.0) * quotes.open_interest)


@feature(("chains.vendor_iv", "chains.right", "chains.strike", "chains.underlying_price"), 1, "percent a year")
def call_put_spread_pct(smiles: Smiles) -> Floats:
    """Implied volatility of calls less that of puts of the same strike and expiry, near the money.

    100 mean(iv of call - iv of put), |ln(K / S)| <= 0.1. Source: Cremers and Weinbaum (2010), Journal of Financial and
    Quantitative Analysis 45(2).
    """
    quotes = smiles.quotes
    pair = np.zeros(len(quotes.row), dtype=np.bool_)
    alike = (np.diff(quotes.row) == 0) & (np.diff(quotes.days) == 0) & (np.diff(quotes.moneyness) == 0)
    pair[1:] = alike & quotes.call[1:] & ~quotes.call[:-1] & (np.abs(quotes.moneyness[1:]) <= NEAR)
    apart = np.full(len(quotes.row), np.nan)
    apart[1:] = quotes.iv[1:] - quotes.iv[:-1]
    return 100.0 * quotes.mean(apart, pair.astype(np.float64))


@feature(("chains.open_interest", "chains.expiry"), 1, "share", SHARE)
def near_interest_share(smiles: Smiles) -> Floats:
    """The share of open interest that expires within ten days.

    open interest with days <= 10 / all of it. Source: Ni, Pearson, Poteshman and White (2021), Review of Financial
    Studies 34(4).
    """
    return smiles.quotes.mean((smiles.quotes.days <= 10.0).astype(np.float64), smiles.quotes.open_interest)
