"""What quotes say of volatility: chains completed where their vendor gives none, and the Greeks of every contract.

What belongs here: from rows of chains to the formulas of `options` and back, whole chains at once. What does not: the
formulas, and surfaces that are smooth and free of arbitrage (`market.surfaces`).

Years are sessions to expiry over 252, and there is no interest: so are butterflies valued everywhere in this house, so
that a quote's middle comes back from its own volatility. Exercise before expiry is not priced (`options.american` can).
"""

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from butter_pipeline.market.sessions import calendar
from butter_pipeline.options.black_scholes import SESSIONS_PER_YEAR, Contracts, Quotes, greeks, implied_volatility

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

NEEDED = ("session", "expiry", "strike", "right", "bid", "ask", "underlying_price", "vendor_iv")
"""The columns of a chain that its volatility rests on."""


def with_volatility(chain: pa.Table) -> pa.Table:
    """The chain, where the vendor gives no volatility with that at which the middle of bid and ask is worth it.

    Null stays where nobody bids, or where no volatility is told by the price (`options.status`).
    """
    if not chain["vendor_iv"].null_count:
        return chain
    missing = pc.is_null(chain["vendor_iv"])
    asked = chain.filter(missing)
    call, spot, strike, years = _terms(asked)
    bid, ask = asked["bid"].to_numpy(), asked["ask"].to_numpy()
    mid = np.where(bid > 0.0, 0.5 * (bid + ask), np.nan)
    found = implied_volatility(Quotes(call, spot, strike, years, mid)).iv
    filled = pc.replace_with_mask(
        chain["vendor_iv"].combine_chunks(),
        missing.combine_chunks(),
        pa.array(found, pa.float64(), mask=~np.isfinite(found)),
    )
    place = chain.schema.get_field_index("vendor_iv")
    return chain.set_column(place, chain.schema.field(place), filled)


def with_greeks(chain: pa.Table) -> pa.Table:
    """A chain that has its volatilities, and beside each contract its Greeks per share; null without a volatility."""
    found = vars(greeks(contracts_of(chain)))
    for name, values in found.items():
        chain = chain.append_column(name, pa.array(values, pa.float64(), mask=~np.isfinite(values)))
    return chain


def contracts_of(chain: pa.Table) -> Contracts:
    """A chain's rows as contracts to be valued."""
    call, spot, strike, years = _terms(chain)
    return Contracts(call, spot, strike, years, chain["vendor_iv"].to_numpy())


def _terms(chain: pa.Table) -> "tuple[Flags, Floats, Floats, Floats]":
    """Whether each row is a call, its underlying's price, its strike, and the years to its expiry."""
    call = pc.equal(chain["right"], "C").to_numpy()
    days = np.array(calendar(), dtype="datetime64[D]")
    # An expiry on a day without a session, as Saturdays were, is that of the session before.
    first, last = (np.searchsorted(days, chain[name].to_numpy(), side="right") for name in ("session", "expiry"))
    years = np.maximum(last - first, 0) / SESSIONS_PER_YEAR
    return call, chain["underlying_price"].to_numpy(), chain["strike"].to_numpy(), years
