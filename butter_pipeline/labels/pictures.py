"""Pictures of labels: tables in, PNG bytes out.

What belongs here: what people would rather look at than read. What does not: where a picture is shown.
"""

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


def profits(labels: "pa.Table") -> bytes:
    """How the profits of the run's labels are spread."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4.5), layout="constrained")
    axes = figure.subplots()
    known = labels["profit_pct"].drop_null().to_numpy()
    axes.set_title(f"Profit of {len(known)} labels, {labels.num_rows - len(known)} without quotes", loc="left")
    axes.hist(known.clip(-100, 300), bins=40)
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_xlabel("percent of the entry's cost, 300 and above in the last bar")
    axes.set_ylabel("labels")
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    held = io.BytesIO()
    figure.savefig(held, format="png", dpi=80, metadata={"Software": None})
    return held.getvalue()
