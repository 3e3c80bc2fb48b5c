"""Pictures of a model: PNG bytes out.

What belongs here: what people would rather look at than read. What does not: where a picture is shown.
"""

import io
from collections.abc import Mapping, Sequence
from typing import Any

from butter_pipeline.learning.evaluation import Bucket

MOST_FEATURES = 20


def reliability(buckets: Sequence[Bucket], title: str) -> bytes:
    """How often what was said came true, with intervals; on the diagonal it is as said."""
    figure, axes = _figure(f"{title}: what was said, and what came")
    said, share = [bucket.said for bucket in buckets], [bucket.share for bucket in buckets]
    axes.plot([0, 1], [0, 1], color="black", linewidth=0.8, linestyle="--")
    axes.vlines(said, [b.lower for b in buckets], [b.upper for b in buckets], linewidth=2, alpha=0.5)
    axes.plot(said, share, "o-", linewidth=1)
    for bucket in buckets:
        axes.annotate(f"{bucket.rows}", (bucket.said, bucket.upper), fontsize=7, ha="center", va="bottom")
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="probability (rows above)", ylabel="share that came to a profit")
    return _png(figure)


def importances(gains: Mapping[str, float], title: str) -> bytes:
    """How much each feature lowered the loss."""
    figure, axes = _figure(f"{title}: what the trees use")
    shown = list(gains.items())[:MOST_FEATURES][::-1]
    axes.barh([name for name, _ in shown], [gain for _, gain in shown])
    axes.tick_params(axis="y", labelsize=7)
    axes.set_xlabel("gain")
    return _png(figure)


def _figure(title: str) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4.5), layout="constrained")
    axes = figure.subplots()
    axes.set_title(title, loc="left")
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _png(figure: Any) -> bytes:
    held = io.BytesIO()
    # No software or date stamp: equal models give equal bytes.
    figure.savefig(held, format="png", dpi=80, metadata={"Software": None})
    return held.getvalue()
