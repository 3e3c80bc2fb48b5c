"""Which features are settings of one formula: what is counted when somebody asks how many formulas there are.

What belongs here: telling that two features say the same but for numbers, the series, or up and down. What does not:
what a feature states about itself (`registry`).

Two features count once if their declarations name one formula (by default the name without windows, lags and days
ahead), or if their docstrings read alike. They are read without numbers and lags, short names of series by their order
(`ln(C / C[5])` and `ln(I / I[20])` both say `ln(1 / 1)`), and a mirror image as its original (max(H) as min(L)).
"""

import re
from collections.abc import Mapping, Sequence

from butter_pipeline.features.registry import Feature

LAG = re.compile(r"\[[^\]]*\]")
NUMBER = re.compile(r"\d+(\.\d+)?")
WORD = re.compile(r"[A-Za-z]+")
LONGEST_NAME = 5
"""Longer words are words, and so are these shorter ones, which say what is done with a series."""
DONE = {
    *WORD.findall(
        "abs and clip corr cos cov exp in least ln log max mean min of on or sd sign sin sqrt sum tanh var EMA SMA W"
    )
}
MIRRORED = {"max": "min", "H": "L", "above": "below", "high": "low", "highs": "lows", "rises": "falls"}


def formulas(features: Sequence[Feature]) -> Mapping[str, str]:
    """By feature, what its formula is called; settings of one formula have one name."""
    beyond: dict[str, str] = {}

    def settled(name: str) -> str:
        while name in beyond:
            name = beyond[name]
        return name

    for each in features:
        here, alike = settled(each.formula_name), settled(f"reads {read(each)}")
        if here != alike:
            first, later = (here, alike) if alike.startswith("reads ") else (alike, here)
            beyond[later] = first
    return {each.name: settled(each.formula_name) for each in features}


def read(feature: Feature) -> str:
    """What a feature's docstring says, without numbers, names of series and directions.

    >>> from butter_pipeline.features.registry import features_of
    >>> {each.name: read(each) for each in features_of("technical")}["momentum_20_pct"]
    ' ln(1 / 1).'
    """
    if not feature.mathematics:
        return feature.name
    said = NUMBER.sub("", LAG.sub("", feature.mathematics))
    return min(_renamed(said), _renamed(_mirrored(said)))


def _mirrored(said: str) -> str:
    other = MIRRORED | {down: up for up, down in MIRRORED.items()}
    return WORD.sub(lambda word: other.get(word[0], word[0]), said)


def _renamed(said: str) -> str:
    """The names of series by their order."""
    order: dict[str, str] = {}

    def place(word: re.Match[str]) -> str:
        if word[0] in DONE or len(word[0]) > LONGEST_NAME:
            return word[0]
        return order.setdefault(word[0], str(len(order) + 1))

    return WORD.sub(place, said)
