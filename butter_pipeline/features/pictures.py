"""Pictures of features: tables in, PNG bytes out.

What belongs here: what people would rather look at than read. What does not: where a picture is shown, and how
pictures look in general (`market.pictures`).
"""

import io
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from butter_pipeline.features.chain import smiles
from butter_pipeline.features.registry import Floats, columns

DAYS = tuple(float(days) for days in range(5, 75, 2))
DEVIATIONS = tuple(number / 10.0 for number in range(-15, 16))


def over_time(rows: pa.Table, family: str, symbol: str) -> bytes:
    """Every feature of a family over the sessions, one panel each, for one symbol."""
    from matplotlib.figure import Figure

    shown = rows.filter(pc.equal(rows["symbol"], symbol)).sort_by("session")
    features = columns(family)
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


def correlations(matrix: pa.Table) -> bytes:
    """How alike the features are: rank correlation of each with each over all rows that have both."""
    from matplotlib.figure import Figure

    ranks = {
        each.name: _ranks(matrix[each.name].to_numpy()) for each in matrix.schema if pa.types.is_float64(each.type)
    }
    table = np.array([[_alike(one, other) for other in ranks.values()] for one in ranks.values()])
    figure = Figure(figsize=(9, 8))
    axes = figure.subplots()
    figure.subplots_adjust(left=0.2, right=1.0, bottom=0.2, top=0.95)
    drawn = axes.imshow(table, vmin=-1.0, vmax=1.0, cmap="RdBu_r")
    axes.set_xticks(range(len(ranks)), ranks, rotation=90, fontsize=6)
    axes.set_yticks(range(len(ranks)), ranks, fontsize=6)
    axes.set_title("Rank correlation of features", loc="left")
    figure.colorbar(drawn, shrink=0.6)
    return _png(figure)


def _percent(iv: Floats) -> float:
    return 100.0 * float(iv[0]) if len(iv) else float("nan")


def _ranks(values: Floats) -> Floats:
    """The place of every number among the numbers; what is none stays none."""
    told = np.isfinite(values)
    ranks = np.full(len(values), np.nan)
    ranks[told] = np.argsort(np.argsort(values[told]))
    return ranks


def _alike(one: Floats, other: Floats) -> float:
    both = np.isfinite(one) & np.isfinite(other)
    here, there = one[both], other[both]
    if len(here) < 3:
        return float("nan")
    here, there = here - here.mean(), there - there.mean()
    with np.errstate(invalid="ignore"):
        return float((here * there).sum() / np.sqrt((here**2).sum() * (there**2).sum()))


def _png(figure: Any) -> bytes:
    held = io.BytesIO()
    # No software or date stamp: equal tables give equal bytes.
    figure.savefig(held, format="png", dpi=80, metadata={"Software": None})
    return held.getvalue()
