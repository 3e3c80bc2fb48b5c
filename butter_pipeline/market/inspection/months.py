"""Sessions a month at a time, so that memory stays flat.

What belongs here: that cut, for what must not know a store. What does not: anything about data.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby


def months(sessions: Sequence[date]) -> Iterator[Sequence[date]]:
    """The sessions a month at a time.

    >>> [len(month) for month in months([date(2024, 1, 30), date(2024, 1, 31), date(2024, 2, 1)])]
    [2, 1]
    """
    for _, month in groupby(sessions, lambda session: (session.year, session.month)):
        yield list(month)
