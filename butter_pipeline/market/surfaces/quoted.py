"""The quotes that a surface was fitted to, as volatilities.

What belongs here: bids and asks out of the money of one expiry, by the forward of its row. What does not: fitting.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from butter_pipeline.options.surface.slices import Floats, implied_deviations


@dataclass(frozen=True)
class Quoted:
    """Quotes with a bid, by the logarithm of strike over forward; volatilities are fractions a year."""

    k: Floats
    bid_iv: Floats
    ask_iv: Floats


def quoted_volatilities(chain: pa.Table, rows: pa.Table, of: tuple[date, str, date]) -> Quoted:
    """The quotes of a session, symbol and expiry."""
    row, mine = (_only(table, of) for table in (rows, chain))
    forward, discount, years = (row[name][0].as_py() for name in ("forward", "discount", "years"))
    strike, bid, ask = (np.asarray(mine[name].to_numpy(), dtype=np.float64) for name in ("strike", "bid", "ask"))
    call = np.asarray(pc.equal(mine["right"], "C").to_numpy())
    k = np.log(strike / forward)
    wanted = np.flatnonzero((call == (k >= 0.0)) & (bid > 0.0) & (ask >= bid))
    wanted = wanted[np.argsort(k[wanted])]
    unit = forward * discount
    bids, asks = (implied_deviations(k[wanted], side[wanted] / unit) for side in (bid, ask))
    return Quoted(k[wanted], bids / np.sqrt(years), asks / np.sqrt(years))


def _only(table: pa.Table, of: tuple[date, str, date]) -> pa.Table:
    for name, value in zip(("session", "symbol", "expiry"), of, strict=True):
        table = table.filter(pc.equal(table[name], value))
    return table
