"""Small chains as tables, of laws that are known."""

from datetime import date

import numpy as np
import pyarrow as pa

from butter_pipeline.market.sessions import as_of, sessions_between
from butter_pipeline.options.surface.slices import Slices

MONDAY, TUESDAY = date(2024, 3, 4), date(2024, 3, 5)
EXPIRIES = (date(2024, 3, 8), date(2024, 3, 15), date(2024, 4, 19))


def chain(session=MONDAY, symbol="ARVO", *, vol=0.3, forward=100.0, expiries=EXPIRIES, half=0.02):
    """Rows of lognormal calls and puts, half a spread to each side of their price; no interest."""
    rows = []
    for expiry in expiries:
        ahead = len(sessions_between(session, expiry)) - 1
        deviation = vol * np.sqrt(max(ahead, 0.01) / 252)
        law = Slices(np.ones((1, 1)), np.ones((1, 1)), np.full((1, 1), deviation))
        for strike in np.unique(np.round(forward * np.exp(np.linspace(-3, 3, 15) * deviation), 2)).tolist():
            k = np.log(np.array([strike]) / forward)
            for right, price in (("C", law.calls(k)[0, 0]), ("P", law.puts(k)[0, 0])):
                mid = float(forward * price)
                rows.append((session, symbol, expiry, strike, right, max(mid - half, 0.0), mid + half))
    names = ("session", "symbol", "expiry", "strike", "right", "bid", "ask")
    kinds = (pa.date32(), pa.string(), pa.date32(), pa.float64(), pa.string(), pa.float64(), pa.float64())
    columns = {n: pa.array(v, k) for n, v, k in zip(names, zip(*rows, strict=True), kinds, strict=True)}
    settled = pa.array([as_of(session)] * len(rows), pa.timestamp("us", tz="UTC"))
    return pa.table(columns).append_column("available_at", settled)
