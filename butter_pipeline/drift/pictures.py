"""Pictures of drift: tables in, PNG bytes out.

What belongs here: what people would rather look at than read. What does not: where a picture is shown.
"""

import io
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


def ratios(reports: "pa.Table", alerts: Sequence[date]) -> bytes:
    """Every column's statistic over its threshold by session, with the sessions that raised an alert."""
    import numpy as np
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4.5), layout="constrained")
    axes = figure.subplots()
    axes.set_title("Distance from the reference over its threshold, by column", loc="left")
    axes.set_ylabel("statistic / threshold")
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    names = reports["column_name"].to_numpy(zero_copy_only=False)
    sessions, ratio = reports["session"].to_numpy(), reports["ratio"].to_numpy(zero_copy_only=False).astype(float)
    for place, name in enumerate(np.unique(names)):
        mine = names == name
        few = "." if mine.sum() < 9 else None
        colour = colormaps["tab20"](place % 20)
        axes.plot(sessions[mine], ratio[mine], label=name, linewidth=1, marker=few, color=colour)
    axes.axhline(1.0, color="black", linewidth=0.8, linestyle="--")
    for alert in alerts:
        day = np.array([alert], dtype="datetime64[D]")
        whole_height = axes.get_xaxis_transform()
        axes.vlines(day, 0.0, 1.0, color="firebrick", transform=whole_height, label=f"alert of {alert}")
    axes.set_ylim(bottom=0)
    axes.legend(ncols=4, fontsize=7, loc="upper center", bbox_to_anchor=(0.5, -0.08), frameon=False)
    held = io.BytesIO()
    # No software or date stamp: equal tables give equal bytes.
    figure.savefig(held, format="png", dpi=80, metadata={"Software": None})
    return held.getvalue()
