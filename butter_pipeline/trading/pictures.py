"""Pictures of the book: books in, PNG bytes out.

What belongs here: what people would rather look at than read. What does not: where a picture is shown.
"""

import io
from typing import TYPE_CHECKING, Any

from butter_pipeline.trading.frames import ARMS

if TYPE_CHECKING:
    import pyarrow as pa

COLOURS = {"ButterA": "tab:blue", "ButterB": "tab:orange"}


def equity(books: "pa.Table") -> bytes:
    """Each arm's equity, and under it how far it is below its peak; a cross where the switch had fallen."""
    figure, (above, below) = _figure(2, "Equity by arm, usd; drawdown, per cent of the peak")
    for arm in ARMS:
        sessions, held = _of(books, arm)
        killed = held["killed"].is_valid().to_numpy()
        above.plot(sessions, held["equity_usd"].to_numpy(), label=arm, linewidth=1.2, color=COLOURS[arm])
        below.plot(sessions, -held["drawdown_pct"].to_numpy(), linewidth=1, color=COLOURS[arm])
        below.plot(sessions[killed], -held["drawdown_pct"].to_numpy()[killed], "x", markersize=3, color=COLOURS[arm])
    above.legend(fontsize=8, frameon=False)
    return _png(figure)


def open_positions(books: "pa.Table") -> bytes:
    """How many positions each arm held."""
    figure, (axes,) = _figure(1, "Open positions by arm")
    for arm in ARMS:
        sessions, held = _of(books, arm)
        axes.step(sessions, held["positions"].to_numpy(), where="mid", label=arm, linewidth=1, color=COLOURS[arm])
    axes.set_ylim(bottom=0)
    axes.legend(fontsize=8, frameon=False)
    return _png(figure)


def _of(books: "pa.Table", arm: str) -> tuple[Any, "pa.Table"]:
    import pyarrow.compute as pc

    held = books.filter(pc.equal(books["arm"], arm))
    return held["session"].to_numpy(), held


def _figure(rows: int, title: str) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4.5), layout="constrained")
    axes = figure.subplots(rows, 1, sharex=True, squeeze=False)[:, 0]
    axes[0].set_title(title, loc="left")
    for one in axes:
        one.grid(alpha=0.3)
        one.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _png(figure: Any) -> bytes:
    held = io.BytesIO()
    # No software or date stamp: equal tables give equal bytes.
    figure.savefig(held, format="png", dpi=80, metadata={"Software": None})
    return held.getvalue()
