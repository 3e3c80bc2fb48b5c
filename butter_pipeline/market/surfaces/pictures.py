"""Pictures of surfaces: rows in, PNG bytes out.

What belongs here: what people would rather look at than read of one session's surfaces. What does not: raw market
data (`market.pictures`).
"""

import io
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from butter_pipeline.market.surfaces.rows import surface
from butter_pipeline.options.black_scholes import SESSIONS_PER_YEAR

if TYPE_CHECKING:
    import pyarrow as pa

    from butter_pipeline.options.surface.surface import Surface

DEVIATIONS = 2.5
"""From the money to the edge of a picture."""

STRIKES = 81


def of_most_quoted(rows: "pa.Table", chain: "pa.Table", session: date) -> Mapping[str, bytes]:
    """The pictures of the symbol whose surface rests on the most quotes; none where no symbol has a surface."""
    import pyarrow.compute as pc

    good = rows.filter(pc.is_null(rows["reason"]))
    if not good.num_rows:
        return {}
    counted = good.group_by("symbol").aggregate([("quotes", "sum")])
    symbol = counted.sort_by([("quotes_sum", "descending"), ("symbol", "ascending")])["symbol"][0].as_py()
    return {
        "surface": volatility(rows, chain, session, symbol),
        "density": densities(rows, session, symbol),
    }


def volatility(rows: "pa.Table", chain: "pa.Table", session: date, symbol: str) -> bytes:
    """One surface seen from above, and its smiles over the quotes they were fitted to."""
    from matplotlib.figure import Figure

    shown = surface(rows, session, symbol)
    figure = Figure(figsize=(11, 5), layout="constrained")
    above, beside = figure.subplots(1, 2)
    _map(figure, above, shown)
    above.set_title(f"{symbol} on {session}: implied volatility", loc="left")
    _smiles(beside, shown, rows, chain, (session, symbol))
    beside.set_title("Smiles, and bid to ask of the quotes", loc="left")
    return _png(figure)


def densities(rows: "pa.Table", session: date, symbol: str) -> bytes:
    """What option prices say of the underlying at each expiry: densities, with half of the probability shaded."""
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    shown = surface(rows, session, symbol)
    expiries = _expiries(rows, session, symbol)
    figure = Figure(figsize=(11, 5), layout="constrained")
    axes = figure.subplots()
    laws = [shown.density(float(years)) for years in shown.years]
    edges = np.array([law.quantile(np.array([0.002, 0.998])) for law in laws])
    spot = np.linspace(edges[:, 0].min(), edges[:, 1].max(), 600)
    for place, (expiry, law) in enumerate(zip(expiries, laws, strict=True)):
        colour = colormaps["viridis"](0.9 * place / max(len(laws) - 1, 1))
        height = law.density(spot)
        low, high = law.quantile(np.array([0.25, 0.75]))
        axes.plot(spot, height, color=colour, label=f"{expiry}: half within {low:.2f} to {high:.2f}", linewidth=1.2)
        axes.fill_between(spot, height, where=(spot >= low) & (spot <= high), color=colour, alpha=0.12)
    axes.set(xlabel="price at expiry", ylabel="probability per unit of price", ylim=(0.0, None))
    axes.set_title(f"{symbol} on {session}: the law that option prices imply", loc="left")
    axes.legend(fontsize=8, frameon=False)
    _plain(axes)
    return _png(figure)


def _map(figure: Any, axes: Any, shown: "Surface") -> None:
    """Volatility by moneyness in deviations and time, straight between expiries; a single expiry has no map."""
    if len(shown.years) < 2:
        axes.text(0.5, 0.5, "one expiry: no map", ha="center", transform=axes.transAxes)
        return
    places = np.linspace(-DEVIATIONS, DEVIATIONS, STRIKES)
    money = shown.slices.at_the_money()
    grid = 100.0 * shown.slices.implied_deviations(money[:, None] * places) / np.sqrt(shown.years)[:, None]
    drawn = axes.contourf(places, SESSIONS_PER_YEAR * shown.years, grid, levels=20, cmap="viridis")
    axes.set(xlabel="deviations from the forward", ylabel="sessions to expiry")
    figure.colorbar(drawn, ax=axes, label="percent a year", shrink=0.8)


def _smiles(axes: Any, shown: "Surface", rows: "pa.Table", chain: "pa.Table", of: tuple[date, str]) -> None:
    from matplotlib import colormaps

    from butter_pipeline.market.surfaces.quoted import quoted_volatilities

    for place, expiry in enumerate(_expiries(rows, *of)):
        colour = colormaps["viridis"](0.9 * place / max(len(shown.years) - 1, 1))
        years = float(shown.years[place])
        quoted = quoted_volatilities(chain, rows, (*of, expiry))
        axes.vlines(quoted.k, 100 * quoted.bid_iv, 100 * quoted.ask_iv, color=colour, linewidth=3, alpha=0.35)
        k = np.linspace(quoted.k.min(), quoted.k.max(), STRIKES)
        axes.plot(
            k, 100 * np.sqrt(shown.total_variance(k, years) / years), color=colour, linewidth=1.2, label=f"{expiry}"
        )
    axes.set(xlabel="log of strike over forward", ylabel="percent a year")
    axes.legend(fontsize=7, frameon=False)
    _plain(axes)


def _expiries(rows: "pa.Table", session: date, symbol: str) -> list[date]:
    import pyarrow.compute as pc

    mine = pc.and_(pc.equal(rows["session"], session), pc.equal(rows["symbol"], symbol))
    found: list[date] = sorted(rows.filter(pc.and_(mine, pc.is_null(rows["reason"])))["expiry"].to_pylist())
    return found


def _plain(axes: Any) -> None:
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)


def _png(figure: Any) -> bytes:
    held = io.BytesIO()
    # No software or date stamp: equal tables give equal bytes.
    figure.savefig(held, format="png", dpi=80, metadata={"Software": None})
    return held.getvalue()
