"""Pictures of opportunities: tables in, PNG bytes out.

What belongs here: what people would rather look at than read. What does not: where a picture is shown.
"""

import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

SCORES = ("price_match_score", "vol_mispricing_score", "stability_score", "fourier_score", "static_score")


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


def best(butterflies: "pa.Table") -> bytes:
    """The butterfly with the highest static score: its payoff, what it is worth today, and what it costs."""
    import numpy as np

    from butter_pipeline.options import butterfly
    from butter_pipeline.options.black_scholes import SESSIONS_PER_YEAR

    order = [("static_score", "descending"), ("opportunity_id", "ascending")]
    found = butterflies.sort_by(order).slice(0, 1).to_pylist()[0]
    legs = [found[f"{leg}_strike"] for leg in ("lower", "body", "upper")]
    width = legs[1] - legs[0]
    spot = np.linspace(legs[0] - 0.75 * width, legs[2] + 0.75 * width, 301)
    strikes = butterfly.Strikes(*(np.full(spot.size, leg) for leg in legs))
    iv = np.full(spot.size, found["body_iv"])
    years = np.full(spot.size, found["sessions_to_expiry"] / SESSIONS_PER_YEAR)
    is_call = np.full(spot.size, found["option_right"] == "C")
    today = butterfly.value(butterfly.Butterflies(is_call, spot, strikes, years, butterfly.Strikes(iv, iv, iv)))
    title = f"{found['symbol']} {legs[0]:g} / {legs[1]:g} / {legs[2]:g} {found['option_right']}, {found['expiry']}"
    figure, axes = _figure(f"{title}: score {found['static_score']:.0f} on {found['session']}", "per share")
    axes.plot(spot, butterfly.payoff(spot, strikes), label="at expiry", linewidth=1.5)
    axes.plot(spot, today, label="today, at the body's volatility", linewidth=1)
    axes.axhline(width / (1.0 + found["reward_to_risk"]), color="black", linewidth=0.8, linestyle="--", label="cost")
    axes.axvline(found["spot"], color="grey", linewidth=0.8, linestyle=":", label="spot")
    axes.set_xlabel("price of the underlying")
    axes.legend(fontsize=8, frameon=False)
    return _png(figure)


def score_distribution(butterflies: "pa.Table") -> bytes:
    """How the four scores and their weighted mean are spread."""
    import numpy as np

    figure, axes = _figure("Scores of the butterflies found", "share of the butterflies, per cent")
    edges = np.linspace(0.0, 100.0, 26)
    for name in SCORES:
        counts, _ = np.histogram(butterflies[name].to_numpy(), edges)
        shares = 100.0 * counts / max(butterflies.num_rows, 1)
        style = {"linewidth": 2, "color": "black"} if name == "static_score" else {"linewidth": 1}
        axes.stairs(shares, edges, label=name.removesuffix("_score").replace("_", " "), **style)
    axes.set_xlabel("score")
    axes.legend(fontsize=8, frameon=False)
    return _png(figure)


def signal_counts(signals: "pa.Table") -> bytes:
    """How many signals each strategy gave, long above and short below."""
    import numpy as np

    figure, axes = _figure("Signals by session: long above, short below", "signals")
    sessions = np.unique(signals["session"].to_numpy())
    names = np.asarray(signals["strategy"].to_numpy(zero_copy_only=False))
    is_long = np.asarray(signals["side"].to_numpy(zero_copy_only=False)) == "long"
    place = np.searchsorted(sessions, signals["session"].to_numpy())
    for colour, name in enumerate(np.unique(names)):
        shown = {"color": f"C{colour}", "drawstyle": "steps-mid", "linewidth": 1}
        longs, shorts = (
            np.bincount(place[mine & (names == name)], minlength=sessions.size) for mine in (is_long, ~is_long)
        )
        axes.plot(sessions, longs, label=str(name), **shown)
        axes.plot(sessions, -shorts, **shown)
    axes.axhline(0, color="black", linewidth=0.8)
    if signals.num_rows:
        axes.legend(fontsize=8, frameon=False)
    return _png(figure)
