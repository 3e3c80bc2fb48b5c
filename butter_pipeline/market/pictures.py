"""Pictures of raw market data: tables in, PNG bytes out.

What belongs here: what people would rather look at than read. What does not: where a picture is shown.
"""

import io
from collections.abc import Callable
from itertools import cycle
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

CANDLES = 63
"""Sessions shown as candles, the last ones."""

VOL_HORIZONS = {"vol_index_9d": 9, "vol_index": 30, "vol_index_3m": 91}
"""Series of the volatility term structure, and their horizons in days."""


def _figure(title: str, unit: str) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4.5), layout="constrained")
    axes = figure.subplots()
    _plain(axes, title, unit)
    return figure, axes


def _plain(axes: Any, title: str, unit: str) -> None:
    axes.set_title(title, loc="left")
    axes.set_ylabel(unit)
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)


def _png(figure: Any) -> bytes:
    held = io.BytesIO()
    # No software or date stamp: equal tables give equal bytes.
    figure.savefig(held, format="png", dpi=80, metadata={"Software": None})
    return held.getvalue()


def closes(bars: "pa.Table") -> bytes:
    """Every symbol's close, as a multiple of its first; below, the last quarter of the most traded one in candles."""
    import numpy as np
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 8), layout="constrained")
    axes, candles = figure.subplots(2, 1, height_ratios=(3, 2))
    symbols = bars["symbol"].to_numpy(zero_copy_only=False)
    sessions, prices = bars["session"].to_numpy(), bars["close"].to_numpy()
    colours = colormaps["tab20"](range(20))
    for symbol, colour in zip(np.unique(symbols), cycle(colours), strict=False):
        mine = symbols == symbol
        few = "." if mine.sum() < 9 else None
        axes.plot(sessions[mine], prices[mine] / prices[mine][0], label=symbol, linewidth=1, marker=few, color=colour)
    _plain(axes, "Close, first session of the run = 1 (logarithmic)", "multiple")
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter("{x:g}")
    axes.legend(ncols=13, fontsize=7, loc="upper center", bbox_to_anchor=(0.5, -0.06), frameon=False)
    _candles(candles, bars)
    return _png(figure)


def _candles(axes: Any, bars: "pa.Table") -> None:
    """Open, high, low and close of the symbol with the greatest turnover, gaps closed up."""
    import numpy as np
    import pyarrow.compute as pc

    turnover = bars.append_column("turnover", pc.multiply(bars["close"], bars["volume"]))
    ranked = turnover.group_by("symbol").aggregate([("turnover", "sum")])
    symbol = ranked.sort_by([("turnover_sum", "descending"), ("symbol", "ascending")])["symbol"][0].as_py()
    mine = bars.filter(pc.equal(bars["symbol"], symbol)).sort_by("session")
    mine = mine.slice(max(mine.num_rows - CANDLES, 0))
    opened, high, low, closed = (mine[name].to_numpy() for name in ("open", "high", "low", "close"))
    place = np.arange(mine.num_rows)
    colour = np.where(closed >= opened, "#4c9f70", "#c03a3a")
    axes.vlines(place, low, high, color=colour, linewidth=1)
    least = 0.002 * float(np.ptp([low.min(), high.max()]))  # an unchanged close is a line, not nothing
    axes.bar(place, np.maximum(np.abs(closed - opened), least), 0.7, np.minimum(opened, closed), color=colour)
    axes.set_xlim(-1, max(mine.num_rows, 20))  # a single session is not as wide as the picture
    every = max(1, mine.num_rows // 8)
    axes.set_xticks(place[::every], [str(day) for day in mine["session"].to_pylist()[::every]], fontsize=8)
    _plain(axes, f"{symbol}: open, high, low, close", "price")


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
