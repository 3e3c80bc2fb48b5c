"""Pictures of raw market data: tables in, PNG bytes out.

What belongs here: what people would rather look at than read. What does not: where a picture is shown.
"""

import io
from collections.abc import Callable, Mapping
from datetime import date
from itertools import cycle
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

VOL_HORIZONS = {"vol_index_9d": 9, "vol_index": 30, "vol_index_3m": 91}
"""Series of the volatility term structure, and their horizons in days."""


def _figure(title: str, unit: str) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4.5), layout="constrained")
    axes = figure.subplots()
    axes.set_title(title, loc="left")
    axes.set_ylabel(unit)
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _png(figure: Any) -> bytes:
    held = io.BytesIO()
    # No software or date stamp: equal tables give equal bytes.
    figure.savefig(held, format="png", dpi=80, metadata={"Software": None})
    return held.getvalue()


def closes(bars: "pa.Table") -> bytes:
    """Every symbol's close, as a multiple of its first."""
    import numpy as np

    figure, axes = _figure("Close, first session of the run = 1 (logarithmic)", "multiple")
    symbols = bars["symbol"].to_numpy(zero_copy_only=False)
    sessions, prices = bars["session"].to_numpy(), bars["close"].to_numpy()
    from matplotlib import colormaps

    colours = colormaps["tab20"](range(20))
    for symbol, colour in zip(np.unique(symbols), cycle(colours), strict=False):
        mine = symbols == symbol
        few = "." if mine.sum() < 9 else None
        axes.plot(sessions[mine], prices[mine] / prices[mine][0], label=symbol, linewidth=1, marker=few, color=colour)
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter("{x:g}")
    axes.legend(ncols=7, fontsize=7, loc="upper center", bbox_to_anchor=(0.5, -0.08), frameon=False)
    return _png(figure)


def smiles(chain: "pa.Table") -> bytes:
    """Implied volatility by strike, out of the money, a line per expiry, of the most held underlying."""
    import numpy as np
    import pyarrow.compute as pc

    held = chain.group_by("symbol").aggregate([("open_interest", "sum")]).sort_by([("open_interest_sum", "descending")])
    symbol, session = held["symbol"][0].as_py(), chain["session"][0].as_py()
    chain = chain.filter(pc.equal(chain["symbol"], symbol))
    figure, axes = _figure(f"{symbol}: implied volatility by strike on {session}", "percent a year")
    strike, iv = chain["strike"].to_numpy(), chain["vendor_iv"].to_numpy(zero_copy_only=False)
    spot, expiry = chain["underlying_price"].to_numpy(), chain["expiry"].to_numpy()
    call = chain["right"].to_numpy(zero_copy_only=False) == "C"
    out_of_the_money = np.where(call, strike >= spot, strike < spot) & np.isfinite(iv)
    for day in np.unique(expiry):
        mine = out_of_the_money & (expiry == day)
        if not mine.any():
            continue
        order = np.argsort(strike[mine])
        axes.plot(strike[mine][order], 100 * iv[mine][order], label=str(day), marker=".", linewidth=1)
    axes.set_xlabel("strike")
    axes.legend(fontsize=7, frameon=False)
    return _png(figure)


def within_day(bars: "pa.Table") -> bytes:
    """Every symbol's closes through the session, as a multiple of its first."""
    import numpy as np

    figure, axes = _figure(f"Bars of {bars['session'][0]}, first close = 1", "multiple")
    symbols, moments = bars["symbol"].to_numpy(zero_copy_only=False), bars["starts_at"].to_numpy()
    closes, lengths = bars["close"].to_numpy(), bars["minutes"].to_numpy()
    for symbol, length in sorted(set(zip(symbols.tolist(), lengths.tolist(), strict=True))):
        mine = (symbols == symbol) & (lengths == length)
        mine = np.flatnonzero(mine)[np.argsort(moments[mine])]
        axes.plot(moments[mine], closes[mine] / closes[mine][0], label=f"{symbol} {length} min", linewidth=1)
    axes.set_xlabel("UTC")
    axes.legend(ncols=5, fontsize=7, frameon=False)
    return _png(figure)


def volatility(context: "pa.Table") -> bytes:
    """The volatility index at its three horizons."""
    import pyarrow.compute as pc

    figure, axes = _figure("Volatility index by horizon", "percent a year")
    for series, days in VOL_HORIZONS.items():
        mine = context.filter(pc.equal(context["series"], series))
        if mine.num_rows:
            axes.plot(mine["session"].to_numpy(), mine["value"].to_numpy(), label=f"{days} days", linewidth=1)
    axes.legend(fontsize=8, frameon=False)
    return _png(figure)


def drawing_of(frame_name: str) -> "Callable[[pa.Table], bytes]":
    """The function that draws a frame's rows."""
    drawings = {"bars": closes, "chains": smiles, "intraday": within_day, "context": volatility}
    return drawings[frame_name]


def completeness(percent_by_session: Mapping[date, float]) -> bytes:
    """How complete each session arrived."""
    figure, axes = _figure("Completeness by session", "percent of the expected rows")
    axes.vlines(list(percent_by_session), 0, list(percent_by_session.values()), linewidth=2)
    axes.axhline(95, color="black", linewidth=0.8, linestyle="--")
    axes.set_ylim(0, 102)
    return _png(figure)
