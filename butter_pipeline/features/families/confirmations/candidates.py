"""What outside lists propose: whether a symbol is on one, which way, how surely, by how many.

What belongs here: the proposals of the session and of those shortly before. What does not: their reasoning, which is
for people.

A symbol that nobody proposes has nulls: whether others are proposed is none of its features.
"""

import numpy as np

from butter_pipeline.features.registry import Floats, feature
from butter_pipeline.features.smoothing import latest, total
from butter_pipeline.features.windows import View

LONG, SHORT, SOURCES = "candidates.long", "candidates.short", "candidates.sources"
CONFIDENCE = "candidates.confidence"


@feature((LONG, SHORT), 1, "share of the sources", (-1.0, 1.0))
def candidate_side(view: View) -> Floats:
    """Which list the symbol is on: 1 on the long one, -1 on the short one, between where sources differ.

    (long - short) / (long + short), the numbers of sources. Source: the list itself, as market/candidates
    keeps it.
    """
    long, short = latest(view[LONG]), latest(view[SHORT])
    return (long - short) / (long + short)


@feature((CONFIDENCE,), 1, "confidence", (0.0, 1.0))
def candidate_confidence(view: View) -> Floats:
    """How sure the sources are of the symbol, on average.

    mean confidence. Source: the list itself, as market/candidates keeps it.
    """
    return latest(view[CONFIDENCE])


@feature((SOURCES,), 1, "number", (0.0, np.inf))
def candidate_sources(view: View) -> Floats:
    """How many sources propose the symbol.

    number of sources. Source: the list itself, as market/candidates keeps it.
    """
    return latest(view[SOURCES])


@feature((SOURCES,), 5, "sessions", (1.0, 5.0), 1)
def candidate_sessions_5(view: View) -> Floats:
    """In how many of five sessions a source proposed the symbol.

    sum5 of 1 where the number of sources is above 0. Source: the list itself, as market/candidates keeps it.
    """
    sources = view[SOURCES]
    proposed = total((sources > 0.0).astype(np.float64))
    return np.where(proposed > 0.0, proposed, np.nan)
