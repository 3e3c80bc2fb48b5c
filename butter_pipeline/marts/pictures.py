"""Pictures of marts: tables in, PNG bytes out.

What belongs here: what people would rather look at than read. What does not: where a picture is shown.
"""

import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa


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


def equity(performance: "pa.Table") -> bytes:
    """Every arm's equity by session."""
    import pyarrow.compute as pc

    figure, axes = _figure("Equity by arm", "thousand dollars")
    for arm in sorted(performance["arm"].unique().to_pylist()):
        mine = performance.filter(pc.equal(performance["arm"], arm))
        few = "." if mine.num_rows < 9 else None
        axes.plot(mine["session"].to_numpy(), mine["equity_usd"].to_numpy() / 1e3, label=arm, marker=few, linewidth=1)
    axes.legend(fontsize=8, frameon=False)
    return _png(figure)


def calibration(table: "pa.Table") -> bytes:
    """What was said against what came true, a line per model; the diagonal is where both agree."""
    import pyarrow.compute as pc

    figure, axes = _figure(f"Calibration over half a year to {table['session'][-1]}", "share that came to a profit")
    axes.plot([0, 1], [0, 1], color="black", linewidth=0.8, linestyle="--")
    for model in sorted(table["model_id"].unique().to_pylist()):
        mine = table.filter(pc.equal(table["model_id"], model))
        said, came = mine["mean_probability"].to_numpy(), mine["share_profitable"].to_numpy()
        axes.plot(said, came, marker="o", linewidth=1, label=f"{model[:12]}, {sum(mine['predictions'].to_pylist())}")
        axes.scatter(mine["mean_market_probability"].to_numpy(), came, marker="x", color="grey")
    axes.set_xlabel("probability: o as the model said, x as option prices did")
    axes.legend(fontsize=8, frameon=False)
    return _png(figure)
