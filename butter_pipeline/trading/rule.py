"""The rule that turns a probability into a recommendation (T1), the same for a model's and for the market's own.

What belongs here: the two thresholds. What does not: how much is traded (`risk`), and who is asked (`decision`).
"""

TAKE_ABOVE = 0.60
SKIP_BELOW = 0.40


def recommendation(probability: float) -> str:
    """Take above 0.60, skip below 0.40, and reduce the size from the one to the other, both included.

    >>> [recommendation(p) for p in (0.61, 0.60, 0.40, 0.39)]
    ['take', 'reduce_size', 'reduce_size', 'skip']
    """
    if not 0 <= probability <= 1:
        raise ValueError(f"a probability must lie between 0 and 1, was {probability}")
    if probability > TAKE_ABOVE:
        return "take"
    return "skip" if probability < SKIP_BELOW else "reduce_size"
