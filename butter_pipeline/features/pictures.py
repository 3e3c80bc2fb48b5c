"""Pictures of features: tables in, PNG bytes out.

What belongs here: what people would rather look at than read. What does not: where a picture is shown, and how
pictures look in general (`market.pictures`).
"""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from butter_pipeline.features.chain import smiles
from butter_pipeline.features.health import Health, blocks
from butter_pipeline.features.health import correlations as alike
from butter_pipeline.features.health import health as measured
from butter_pipeline.features.registry import Feature, Floats, columns

MOST_PANELS = 8
DAYS = tuple(float(days) for days in range(5, 75, 2))
DEVIATIONS = tuple(number / 10.0 for number in range(-15, 16))


def over_time(rows: pa.Table, family: str, symbol: str) -> bytes:
    """The first features of a family over the sessions, one panel each, for one symbol."""
    from matplotlib.figure import Figure

    shown = rows.filter(pc.equal(rows["symbol"], symbol)).sort_by("session")
    features = columns(family)[:MOST_PANELS]
    inches = 1.2 * len(features) + 0.8
    figure = Figure(figsize=(9, inches))
    figure.subplots_adjust(left=0.07, right=0.98, bottom=0.3 / inches, top=1.0 - 0.6 / inches)
    figure.suptitle(f"{symbol}: {family}", x=0.07, y=1.0 - 0.2 / inches, ha="left", va="top", fontsize=10)
    sessions = shown["session"].to_numpy()
    panels = figure.subplots(len(features), sharex=True, squeeze=False, gridspec_kw={"hspace": 0.5})[:, 0]
    for axes, column in zip(panels, features, strict=True):
        axes.plot(sessions, shown[column.name].to_numpy(), linewidth=1, marker="." if len(sessions) < 9 else None)
        axes.set_title(f"{column.name}: {column.metadata[b'doc'].decode()}", loc="left", fontsize=7)
        axes.tick_params(labelsize=7)
        axes.locator_params(axis="y", nbins=3)
        axes.spines[["top", "right"]].set_visible(False)
    return _png(figure)


def surface(chain: pa.Table, symbol: str) -> bytes:
    """The implied volatility surface of one symbol in the chain's last session, by time and distance from the money."""
    from matplotlib.figure import Figure

    session = pc.max(chain["session"]).as_py()
    mine = chain.filter(pc.and_(pc.equal(chain["symbol"], symbol), pc.equal(chain["session"], session)))
    found = smiles(mine, [session])
    iv = np.array([[_percent(found.iv_at(days, each)) for each in DEVIATIONS] for days in DAYS])
    figure = Figure(figsize=(9, 5), layout="constrained")
    axes = figure.add_subplot(projection="3d")
    axes.plot_surface(*np.meshgrid(DEVIATIONS, DAYS), iv, cmap="viridis", linewidth=0)
    axes.set_title(f"{symbol}: implied volatility on {session}, percent a year", loc="left")
    axes.set_box_aspect(None, zoom=0.85)
    axes.set_xlabel("standard deviations from the money")
    axes.set_ylabel("days to expiry")
    return _png(figure)


def health(rows: pa.Table, features: Sequence[Feature], title: str) -> bytes:
    """Every feature's months: what is missing or out of bounds, how far it moved, and its last month's distribution."""
    from matplotlib.figure import Figure

    found = measured(rows, features)
    inches = 0.17 * len(found.features) + 1.5
    figure = Figure(figsize=(13, inches))
    figure.suptitle(title, x=0.01, y=1.0 - 0.15 / inches, ha="left", va="top", fontsize=11)
    edges = {"left": 0.2, "right": 0.98, "bottom": 0.75 / inches, "top": 1.0 - 0.6 / inches}
    panels = figure.subplots(1, 5, gridspec_kw={"wspace": 0.06, **edges})
    scales = (("missing, %", found.missing_pct, 50.0), ("out of bounds, %", found.beyond_pct, 1.0))
    moves = (("stability index", found.stability, 1.0), ("Wasserstein", found.wasserstein, 1.0))
    for axes, (said, values, most) in zip(panels, (*scales, *moves), strict=False):
        axes.imshow(values, vmin=0.0, vmax=most, cmap="YlOrRd", aspect="auto", interpolation="nearest")
        axes.set_title(f"{said} (0 to {most:g})", loc="left", fontsize=8)
        axes.set_xticks(range(len(found.months)), found.months, rotation=90, fontsize=6)
        axes.set_yticks([])
    panels[0].set_yticks(range(len(found.features)), found.features, fontsize=6)
    _distributions(panels[-1], rows, found)
    return _png(figure)


def _distributions(axes: Any, rows: pa.Table, found: Health) -> None:
    """The last month's middle half and nine tenths of every feature, on the scale of all its rows."""
    last = np.array([f"{session:%Y-%m}" == found.months[-1] for session in rows["session"].to_pylist()])
    for line, name in enumerate(found.features):
        values = rows[name].to_numpy()
        told, mine = values[np.isfinite(values)], values[last & np.isfinite(values)]
        if len(mine) < 2 or not np.ptp(told) > 0.0:
            continue
        low, high = np.quantile(told, [0.01, 0.99])
        at = np.clip((np.quantile(mine, [0.05, 0.25, 0.5, 0.75, 0.95]) - low) / max(high - low, 1e-300), -0.05, 1.05)
        axes.plot(at[[0, 4]], [line, line], color="#9db4c8", linewidth=1)
        axes.plot(at[[1, 3]], [line, line], color="#2f6690", linewidth=3)
        axes.plot(at[2], line, marker="|", color="black", markersize=5)
    axes.set_title(f"distribution in {found.months[-1]}", loc="left", fontsize=8)
    axes.set_ylim(len(found.features) - 0.5, -0.5)
    axes.set_yticks([])
    axes.set_xticks([0.0, 1.0], ["1 %", "99 %"], fontsize=6)


def correlations(matrix: pa.Table, features: Sequence[str]) -> bytes:
    """How alike the features are: rank correlation of each with each, those of a block side by side."""
    from matplotlib.figure import Figure

    table = alike(matrix, features)
    together = [name for block in blocks(features, table) for name in block]
    names = [*together, *(name for name in features if name not in together)]
    order = [list(features).index(name) for name in names]
    inches = max(5.0, 0.09 * len(names) + 1.0)
    figure = Figure(figsize=(inches + 1.0, inches))
    axes = figure.subplots()
    figure.subplots_adjust(left=0.13, right=1.0, bottom=0.13, top=0.96)
    drawn = axes.imshow(table[np.ix_(order, order)], vmin=-1.0, vmax=1.0, cmap="RdBu_r", interpolation="nearest")
    axes.set_xticks(range(len(names)), names, rotation=90, fontsize=5)
    axes.set_yticks(range(len(names)), names, fontsize=5)
    axes.set_title(f"Rank correlation of features; the first {len(together)} are in blocks beyond 0.8", loc="left")
    figure.colorbar(drawn, shrink=0.6)
    return _png(figure)


def _percent(iv: Floats) -> float:
    return 100.0 * float(iv[0]) if len(iv) else float("nan")


def _png(figure: Any) -> bytes:
    held = io.BytesIO()
    # No software or date stamp: equal tables give equal bytes.
    figure.savefig(held, format="png", dpi=80, metadata={"Software": None})
    return held.getvalue()
