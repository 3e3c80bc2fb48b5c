"""Outside proposals as numbers: one row per session and symbol, whoever proposed.

What belongs here: adding up what several sources propose. What does not: features of it (`families.confirmations`).
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from butter_pipeline.features.registry import Floats, Integers

NAMES = ("long", "short", "sources", "confidence")


def proposed(table: pa.Table, keys: Integers, wanted: Integers) -> Iterator[tuple[str, Floats]]:
    """Every number at the wanted keys, NaN where nobody proposes.

    `keys` name the symbol and session of the table's rows, `wanted` those asked for. Confidences are added in the order
    of key and source.
    """
    order = np.lexsort((pc.rank(table["source"], tiebreaker="dense").to_numpy(), keys))
    held, which = np.unique(keys[order], return_inverse=True)
    side = pc.equal(table["list"], "long").to_numpy(zero_copy_only=False)[order].astype(np.float64)
    confidence = table["confidence"].to_numpy()[order]
    sources = np.bincount(which, minlength=len(held)).astype(np.float64)
    numbers = (
        np.bincount(which, side, len(held)),
        np.bincount(which, 1.0 - side, len(held)),
        sources,
        np.bincount(which, confidence, len(held)) / np.maximum(sources, 1.0),
    )
    place = np.minimum(np.searchsorted(held, wanted), max(len(held) - 1, 0))
    for name, values in zip(NAMES, numbers, strict=True):
        yield (
            name,
            np.where(held[place] == wanted, values[place], np.nan) if len(held) else np.full(len(wanted), np.nan),
        )
