"""The picture of an action: a symbol's bars as they were quoted, and on one basis.

What belongs here: tables in, PNG bytes out. What does not: where a picture is shown.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


def raw_and_adjusted(raw: "pa.Table", adjusted: "pa.Table", title: str) -> bytes:
    """One symbol's closes and volumes, as quoted and on the basis of its last session."""
    import io

    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 5), layout="constrained")
    figure.suptitle(title, x=0.01, ha="left", fontsize=12)
    panels = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
    for axes, column, unit in zip(panels, ("close", "volume"), ("close", "volume, millions"), strict=True):
        scale = 1e-6 if column == "volume" else 1.0
        axes.plot(raw["session"].to_numpy(), raw[column].to_numpy() * scale, color="0.65", label="as quoted")
        axes.plot(adjusted["session"].to_numpy(), adjusted[column].to_numpy() * scale, label="on one basis")
        axes.set_ylabel(unit)
        axes.set_ylim(bottom=0.0)
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].legend(frameon=False)
    held = io.BytesIO()
    # No software or date stamp: equal tables give equal bytes.
    figure.savefig(held, format="png", dpi=80, metadata={"Software": None})
    return held.getvalue()
