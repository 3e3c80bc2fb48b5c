"""Bars under judgement beside those before them, by symbol and in order.

What belongs here: lining rows up, and which of them follow each other in the calendar. What does not: any rule
over them.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from butter_pipeline.frame import Frame
from butter_pipeline.market.quality.rows import Rows
from butter_pipeline.market.quality.verdict import Expectation
from butter_pipeline.market.sessions import calendar

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    Numbers = NDArray[Any]

FIELDS = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True)
class History:
    """Earlier rows and those under judgement, by symbol and then in order; `row` is -1 for earlier ones.

    A series of single values is a line of bars without range or volume.
    """

    symbol: "Numbers"
    session: "Numbers"
    row: "Numbers"
    values: dict[str, "Numbers"]
    names: list[str]

    def __len__(self) -> int:
        """How many rows there are, judged or not."""
        return len(self.row)

    @cached_property
    def log_close(self) -> "Numbers":
        """The logarithm of every close; NaN where there is none."""
        import numpy as np

        close = self.values["close"]
        positive = close > 0
        return np.where(positive, np.log(np.where(positive, close, 1.0)), np.nan)

    @cached_property
    def neighbours(self) -> "tuple[Numbers, Numbers]":
        """The places of rows under judgement and of the same symbol's last row in the session before.

        Of a row and its corrections, the last one counts.
        """
        import numpy as np

        same = (np.diff(self.symbol) == 0) & (np.diff(self.session) == 0)
        last = np.flatnonzero(~np.append(same, False))
        before, now = last[:-1], last[1:]
        days, position = _distinct(self.session)
        places = np.searchsorted(_calendar_days(), days)[position]
        follows = (self.symbol[before] == self.symbol[now]) & (places[now] - places[before] == 1)
        follows &= self.row[now] >= 0
        return before[follows], now[follows]

    def by_session(self, places: "Numbers") -> "tuple[Numbers, Numbers]":
        """The distinct sessions of some places, and each place's position among them."""
        return _distinct(self.session[places])


@lru_cache(maxsize=1)
def _calendar_days() -> "Numbers":
    """The calendar's sessions as days since 1970."""
    import numpy as np

    return np.array(calendar(), dtype="datetime64[D]").astype(np.int32)


def _distinct(days: "Numbers") -> "tuple[Numbers, Numbers]":
    """The distinct days in order, and each one's position among them; counted, since days lie close together."""
    import numpy as np

    if not len(days):
        return days, np.zeros(0, dtype=np.int64)
    since = days - days.min()
    held = np.bincount(since) > 0
    return np.flatnonzero(held) + days.min(), (np.cumsum(held) - 1)[since]


def history_of(rows: Rows, expectation: Expectation) -> History:
    """What is comparable: rows not rejected, and earlier accepted ones."""
    import numpy as np

    name = rows.frame.key[1]
    columns = ["session", name, *(c for c in (*FIELDS, "value") if c in rows.frame.schema.names), "available_at"]
    kept, places = rows.table.select(columns), np.flatnonzero(rows.free)
    if len(places) < len(rows):
        kept = kept.filter(pa.array(rows.free))
    parts = [kept]
    if expectation.previous is not None and expectation.previous.num_rows and expectation.sessions:
        earlier = expectation.previous.select(columns).cast(kept.schema)
        earlier = earlier.filter(_before(earlier, rows.table, min(expectation.sessions), rows.frame))
        earlier = earlier.sort_by([("session", "ascending"), ("available_at", "ascending")])
        parts, places = [earlier, kept], np.concatenate([np.full(earlier.num_rows, -1), places])
    every = pa.concat_tables(parts)
    texts = every[name].combine_chunks().dictionary_encode()
    codes = texts.indices.to_numpy()
    # Rows are by session already: a stable sort by symbol alone keeps that order within each.
    order = np.argsort(codes.astype(np.int16 if codes.max(initial=0) < 2**15 else np.int32), kind="stable")
    single = "value" in columns
    numbers = {c: every["value" if single else c].to_numpy()[order] for c in FIELDS if not (single and c == "volume")}
    numbers.setdefault("volume", np.zeros(len(order)))
    session = every["session"].cast(pa.int32()).to_numpy()[order]
    return History(codes[order], session, places[order], numbers, texts.dictionary.to_pylist())


def _before(earlier: pa.Table, judged: pa.Table, first: "date", frame: Frame) -> pa.BooleanArray:
    """Which earlier rows are no repetition of one under judgement; the first session's may be in both."""
    import numpy as np
    import pyarrow.compute as pc

    name = frame.key[1]
    day = np.datetime64(first, "D")
    again = judged.filter(pa.array(judged["session"].to_numpy() == day))[name]
    repeated = pc.is_in(earlier[name], again.combine_chunks()).to_numpy()
    sessions = earlier["session"].to_numpy()
    return pa.array((sessions < day) | ((sessions == day) & ~repeated))
