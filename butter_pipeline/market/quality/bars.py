"""Rules that hold a bar against the bars before it: jumps, splits, changed units, a frozen feed.

What belongs here: comparisons along a symbol's history. What does not: conditions within one bar
(`rules`), and the adjustment of prices for splits, which stay raw.

No rule looks ahead: a session is judged alike alone, in a chunk, and years later.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from butter_pipeline.market.quality.jumps import EPOCH, Jump, Line, scan
from butter_pipeline.market.quality.rows import Rows
from butter_pipeline.market.quality.verdict import Expectation, Thresholds

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    Numbers = NDArray[Any]

COLUMNS = ["session", "symbol", "open", "high", "low", "close", "volume", "available_at"]
VALUES = COLUMNS[2:7]


@dataclass(frozen=True)
class History:
    """Earlier bars and those under judgement, by symbol and then in order; `row` is -1 for earlier ones."""

    symbol: "Numbers"
    session: "Numbers"
    row: "Numbers"
    split: "Numbers"
    values: dict[str, "Numbers"]


def judge_bars(rows: Rows, expectation: Expectation) -> "dict[date, str]":
    """Judge bars by those before them; returns sessions that must be blocked, and why."""
    if not len(rows):
        return {}
    blocks = _reject_frozen(rows, _history(rows, expectation), expectation.thresholds)
    _judge_jumps(rows, _history(rows, expectation), expectation.thresholds)
    return blocks


def _history(rows: Rows, expectation: Expectation) -> History:
    """What is comparable: rows not rejected, and earlier accepted ones."""
    import numpy as np

    kept = rows.table.select(COLUMNS).filter(pa.array(rows.free))
    places = np.flatnonzero(rows.free)
    parts = [kept]
    if expectation.previous is not None and expectation.previous.num_rows and expectation.sessions:
        earlier = expectation.previous.select(COLUMNS).cast(kept.schema)
        earlier = earlier.filter(_before(earlier, rows.table, min(expectation.sessions)))
        earlier = earlier.sort_by([("session", "ascending"), ("available_at", "ascending")])
        parts, places = [earlier, kept], np.concatenate([np.full(earlier.num_rows, -1), places])
    every = pa.concat_tables(parts)
    coded = every["symbol"].combine_chunks().dictionary_encode()
    codes = coded.indices.to_numpy()
    # Rows are by session already: a stable sort by symbol alone keeps that order within each.
    order = np.argsort(codes.astype(np.int16 if codes.max(initial=0) < 2**15 else np.int32), kind="stable")
    symbol, session = codes[order], every["session"].cast(pa.int32()).to_numpy()[order]
    return History(
        symbol=symbol,
        session=session,
        row=places[order],
        split=_announced(coded.dictionary.to_pylist(), symbol, session, expectation),
        values={name: every[name].to_numpy()[order] for name in VALUES},
    )


def _announced(names: list[str], symbol: "Numbers", session: "Numbers", expectation: Expectation) -> "Numbers":
    """New shares per old one since the row before, for the first row of each announced split's new basis."""
    import numpy as np

    found = np.ones(len(symbol))
    for (name, ex_session), ratio in expectation.splits.items():
        if name not in names:
            continue
        part = slice(*np.searchsorted(symbol, [names.index(name), names.index(name) + 1]))
        place = part.start + np.searchsorted(session[part], (ex_session - EPOCH).days)
        if part.start < place < part.stop:
            found[place] *= ratio
    return found


def _before(earlier: pa.Table, judged: pa.Table, first: "date") -> pa.BooleanArray:
    """Which earlier rows are no repetition of one under judgement; the first session's may be in both."""
    import numpy as np
    import pyarrow.compute as pc

    day = np.datetime64(first, "D")
    again = judged.filter(pa.array(judged["session"].to_numpy() == day))["symbol"]
    repeated = pc.is_in(earlier["symbol"], again.combine_chunks()).to_numpy()
    sessions = earlier["session"].to_numpy()
    return pa.array((sessions < day) | ((sessions == day) & ~repeated))


def _reject_frozen(rows: Rows, history: History, thresholds: Thresholds) -> "dict[date, str]":
    """Reject bars that repeat the last session's to the digit, where most symbols with volume do."""
    import numpy as np

    # Of a bar and its corrections, the last one is compared.
    same = (np.diff(history.symbol) == 0) & (np.diff(history.session) == 0)
    last = np.flatnonzero(~np.append(same, False))
    if len(last) < 2:
        return {}
    before, now = last[:-1], last[1:]
    traded = history.values["volume"][now] > 0
    comparable = (history.symbol[before] == history.symbol[now]) & traded & (history.row[now] >= 0)
    repeats = comparable.copy()
    for values in history.values.values():
        repeats &= values[before] == values[now]
    if not repeats.any():
        return {}
    days, place = np.unique(history.session[now], return_inverse=True)
    counts = np.bincount(place, comparable, len(days)), np.bincount(place, repeats, len(days))
    frozen = counts[1] > counts[0] * thresholds.frozen_pct / 100
    where = np.zeros(len(rows), dtype=bool)
    where[history.row[now[repeats & frozen[place]]]] = True
    rows.reject(where, "frozen feed", "prices and volume repeat the last session's to the digit")
    return {
        np.datetime64(int(days[n]), "D").item(): f"frozen feed: {counts[1][n]:g} of {counts[0][n]:g} symbols "
        "repeat the last session's prices and volume"
        for n in np.flatnonzero(frozen)
    }


def _judge_jumps(rows: Rows, history: History, thresholds: Thresholds) -> None:
    """Reject spikes and changed units; flag what looks like a split; leave every other row alone."""
    import numpy as np

    # What was announced is no jump, and what was announced and is not there is one.
    steps = np.abs(np.diff(np.log(history.values["close"])) + np.log(history.split[1:]))
    large = (steps > thresholds.jump_log_pct / 100) & (np.diff(history.symbol) == 0)
    jumps: list[Jump] = []
    for symbol in np.unique(history.symbol[1:][large]):
        part = slice(*np.searchsorted(history.symbol, [symbol, symbol + 1]))
        values = history.values
        fields = history.session, history.row, values["open"], values["close"], history.split
        jumps += scan(Line(*(field[part].tolist() for field in fields)), thresholds)
    for reason in sorted({jump.reason for jump in jumps}):
        chosen = sorted((jump for jump in jumps if jump.reason == reason), key=lambda jump: jump.row)
        where = np.zeros(len(rows), dtype=bool)
        where[[jump.row for jump in chosen]] = True
        (rows.flag if chosen[0].accepted else rows.reject)(where, reason, [jump.detail for jump in chosen])
