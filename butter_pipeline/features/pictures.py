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
    inches = 0.19 * len(found.features) + 2.0
    figure = Figure(figsize=(13, inches))
    said = f"{title}, {found.months[0]} to {found.months[-1]}; moves are from the month before; grey: cannot be told"
    figure.suptitle(said, x=0.01, y=1.0 - 0.12 / inches, ha="left", va="top", fontsize=11)
    edges = {"left": 0.21, "right": 0.98, "bottom": 1.25 / inches, "top": 1.0 - 0.65 / inches}
    panels = figure.subplots(1, 5, gridspec_kw={"wspace": 0.12, **edges})
    shown = (
        ("missing, % of rows", found.missing_pct, (0.0, 25.0, 50.0)),
        ("out of range, % of rows", found.beyond_pct, (0.0, 0.5, 1.0)),
        ("stability index", found.stability, (0.0, 0.25, 1.0)),
        ("Wasserstein, deviations", found.wasserstein, (0.0, 0.5, 1.0)),
    )
    for axes, (what, values, marks) in zip(panels, shown, strict=False):
        _over_months(axes, what, values, marks)
        axes.set_xticks(range(len(found.months)), found.months, rotation=90, fontsize=7)
    panels[0].set_yticks(range(len(found.features)), found.features, fontsize=7)
    _distributions(panels[-1], rows, found)
    return _png(figure)


def _over_months(axes: Any, what: str, values: Floats, marks: Sequence[float]) -> None:
    """One measure, a line per feature and a column per month, with the scale of its colours below."""
    from matplotlib import colormaps

    colours = colormaps["Reds"].with_extremes(bad="#d0d0d0")
    drawn = axes.imshow(values, vmin=0.0, vmax=marks[-1], cmap=colours, aspect="auto", interpolation="nearest")
    axes.set_title(what, loc="left", fontsize=8)
    axes.set_yticks([])
    height = axes.get_window_extent().height / axes.figure.dpi
    scale = axes.figure.colorbar(
        drawn, cax=axes.inset_axes((0.0, -0.85 / height, 1.0, 0.1 / height)), orientation="horizontal"
    )
    scale.set_ticks(list(marks), labels=[*(f"{mark:g}" for mark in marks[:-1]), f"{marks[-1]:g}+"], fontsize=7)


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
    axes.set_title(f"{found.months[-1]}: median, half, 90 %", loc="left", fontsize=8)
    axes.set_ylim(len(found.features) - 0.5, -0.5)
    axes.set_yticks([])
    axes.set_xlim(-0.1, 1.1)
    axes.set_xticks([0.0, 1.0], ["1 %", "99 %"], fontsize=7)
    axes.set_xlabel("of all months' values", fontsize=7)


def correlations(matrix: pa.Table, features: Sequence[str]) -> bytes:
    """How alike the features are: rank correlation of each with each, those of a block side by side."""
    from matplotlib.figure import Figure

    table = alike(matrix, features)
    found = blocks(features, table)
    together = [name for block in found for name in block]
    names = [*together, *(name for name in features if name not in together)]
    order = [list(features).index(name) for name in names]
    side = max(3.0, 0.14 * len(names))
    width, height = side + 3.2, side + 2.4
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((2.0 / width, 1.8 / height, side / width, side / height))
    drawn = axes.imshow(table[np.ix_(order, order)], vmin=-1.0, vmax=1.0, cmap="RdBu_r", interpolation="nearest")
    axes.set_xticks(range(len(names)), names, rotation=90, fontsize=7)
    axes.set_yticks(range(len(names)), names, fontsize=7)
    said = f"Rank correlation: {len(together)} of {len(names)} features in {len(found)} blocks beyond 0.8 (framed)"
    figure.suptitle(said, x=0.1 / width, y=1.0 - 0.1 / height, ha="left", va="top", fontsize=9)
    _framed(axes, [len(block) for block in found])
    figure.colorbar(drawn, cax=figure.add_axes((1.0 - 0.9 / width, 1.8 / height, 0.15 / width, side / height)))
    return _png(figure)


def _framed(axes: Any, sizes: Sequence[int]) -> None:
    """A frame about every block, which lie along the diagonal in this order."""
    from matplotlib.patches import Rectangle

    for size, end in zip(sizes, np.cumsum(sizes).tolist(), strict=True):
        corner = (end - size - 0.5, end - size - 0.5)
        axes.add_patch(Rectangle(corner, size, size, fill=False, edgecolor="black", linewidth=1.2))


def _percent(iv: Floats) -> float:
    return 100.0 * float(iv[0]) if len(iv) else float("nan")


def _png(figure: Any) -> bytes:
    held = io.BytesIO()
    # No software or date stamp: equal tables give equal bytes.
    figure.savefig(held, format="png", dpi=80, metadata={"Software": None})
    return held.getvalue()
