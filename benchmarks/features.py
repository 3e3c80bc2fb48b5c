"""Claims: one new session of 500 symbols, every feature, takes at most 1 s; cost is linear in symbols and sessions.

The history that families of families look back on is made up here, as the lake would hold it; what is timed is what the
nightly batch calls: `compute` of every family for the one new session, with what was fitted for the month's sessions
before it read from its file. A month's first session fits every model of every symbol anew, as does the first after an
upgrade: that is a line of its own, without a limit.
"""

import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from benchmarks.measure import Result

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

SYMBOLS, LAST, HISTORY = 500, date(2024, 11, 29), 1060
SESSION_LIMIT_S = 1.0
HISTORIES = ("patterns", "surface", "volatility")
"""The families whose earlier rows others look at."""
SIZES = (125, 250, 500)
COUNTS = (21, 42, 84)
"""Sessions: from a month to a third of a year."""
RUNS = 5


def _bars(symbols: int, sessions: Sequence[date]) -> "pa.Table":
    import numpy as np
    import pyarrow as pa

    from butter_pipeline.market.frames import BARS
    from butter_pipeline.market.sessions import as_of

    random = np.random.default_rng(11)
    shape = (len(sessions), symbols)
    close = 100.0 * np.exp(np.cumsum(0.015 * random.standard_normal(shape), axis=0))
    opened = close * (1.0 + 0.004 * random.standard_normal(shape))
    high, low = np.maximum(opened, close) * 1.004, np.minimum(opened, close) * 0.996
    volume = np.round(1e6 * np.exp(0.3 * random.standard_normal(shape)))
    known = pa.array([as_of(day) for day in sessions for _ in range(symbols)], BARS.schema.field("available_at").type)
    days = pa.array(np.repeat(np.array(sessions, "M8[D]"), symbols))
    names = pa.array([f"S{number:03}" for number in range(symbols)] * len(sessions))
    prices = [pa.array(each.ravel()) for each in (opened, high, low, close, volume)]
    return pa.table([days, names, *prices, known], schema=BARS.schema)


def _context(sessions: Sequence[date]) -> "pa.Table":
    import numpy as np
    import pyarrow as pa

    from butter_pipeline.market.frames import CONTEXT
    from butter_pipeline.market.sessions import as_of

    random = np.random.default_rng(12)
    series = ("index_level", "short_rate_pct", "vol_index", "vol_index_3m", "vol_index_9d")
    names = (*series, *(f"sector_{name}" for name in ("energy", "finance", "health", "tech")))
    parts = []
    for name in names:
        values = 20.0 * np.exp(np.cumsum(0.01 * random.standard_normal(len(sessions))))
        known = pa.array([as_of(day) for day in sessions], CONTEXT.schema.field("available_at").type)
        columns = [pa.array(sessions, pa.date32()), pa.array([name] * len(sessions)), pa.array(values), known]
        parts.append(pa.table(columns, schema=CONTEXT.schema))
    return pa.concat_tables(parts)


def _chains(symbols: int, session: date) -> "pa.Table":
    """Four expiries of 21 strikes of every symbol."""
    import numpy as np
    import pyarrow as pa

    from butter_pipeline.market.frames import CHAINS
    from butter_pipeline.market.sessions import as_of

    grid = [(days, 80.0 + 2.0 * step, right) for days in (7, 21, 35, 63) for step in range(21) for right in ("C", "P")]
    rows = len(grid) * symbols
    days, strikes, rights = zip(*grid, strict=True)
    random = np.random.default_rng(13)
    columns = [
        pa.array([session] * rows, pa.date32()),
        pa.array([f"S{number:03}" for number in range(symbols) for _ in grid]),
        pa.array([session + timedelta(days=each) for each in days] * symbols, pa.date32()),
        pa.array(np.tile(np.array(strikes), symbols)),
        pa.array(list(rights) * symbols),
        pa.array(np.full(rows, 1.0)),
        pa.array(np.full(rows, 1.1)),
        pa.nulls(rows, pa.float64()),
        pa.array(np.round(100.0 * random.random(rows))),
        pa.array(np.round(1000.0 * random.random(rows))),
        pa.array(0.2 + 0.05 * random.random(rows)),
        pa.array(np.full(rows, 100.0)),
        pa.array([as_of(session)] * rows, CHAINS.schema.field("available_at").type),
    ]
    return pa.table(columns, schema=CHAINS.schema)


def _history(family: str, bars: "pa.Table") -> "pa.Table":
    """A family's rows of earlier sessions, as the lake would hold them."""
    import numpy as np
    import pyarrow as pa

    from butter_pipeline.features.registry import family_schema

    schema, random = family_schema(family), np.random.default_rng(14)
    columns = [pa.array(20.0 + 3.0 * random.standard_normal(bars.num_rows)) for _ in range(len(schema) - 4)]
    nulls = pa.nulls(bars.num_rows, pa.string())
    return pa.table([bars["session"], bars["symbol"], *columns, nulls, bars["available_at"]], schema=schema)


def _market(symbols: int, sessions: Sequence[date]) -> Mapping[str, "pa.Table"]:
    from butter_pipeline.market.frames import ACTIONS, CANDIDATES, INTRADAY

    bars = _bars(symbols, sessions)
    return {
        "bars": bars,
        "context": _context(sessions),
        "chains": _chains(symbols, sessions[-1]),
        "candidates": CANDIDATES.schema.empty_table(),
        "intraday": INTRADAY.schema.empty_table(),
        "actions": ACTIONS.schema.empty_table(),
        **{family: _history(family, bars) for family in HISTORIES},
    }


def _read(tables: Mapping[str, "pa.Table"], family: str, sessions: Sequence[date]) -> Mapping[str, "pa.Table"]:
    """What a family is handed: its tables, each from as far back as it looks."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from butter_pipeline.features.registry import columns_of, lookbacks
    from butter_pipeline.market.sessions import look_back

    given = {}
    for name, back in lookbacks(family).items():
        first = pa.scalar(look_back(sessions[0], back - 1), pa.date32())
        rows = tables[name].filter(pc.greater_equal(tables[name]["session"], first))
        given[name] = rows.select(["session", "symbol", *columns_of(family, name)]) if name in HISTORIES else rows
    return given


def _seconds(
    tables: Mapping[str, "pa.Table"], sessions: Sequence[date], symbols: int, home: Path | None = None
) -> Mapping[str, float]:
    """Seconds of every family, with what `home` remembers of fits; a wrong number of rows is an error."""
    from butter_pipeline.features.compute import compute
    from butter_pipeline.features.registry import families
    from butter_pipeline.store.remembered import remembered

    taken = {}
    for family in families():
        given = _read(tables, family, sessions)
        began = time.perf_counter()
        with remembered(home / f"{family}.arrow") if home else nullcontext() as fitted:
            rows = compute(family, given, sessions, fitted).num_rows
        taken[family] = time.perf_counter() - began
        if family not in ("intraday", "surface") and rows != symbols * len(sessions):
            raise RuntimeError(f"{family} gave {rows} rows, not {symbols * len(sessions)}")
    return taken


def _new_session(tables: Mapping[str, "pa.Table"], sessions: Sequence[date]) -> Mapping[str, float]:
    """Seconds of every family for the last session, the one before having been made."""
    with TemporaryDirectory() as folder:
        _seconds(tables, sessions[-2:-1], SYMBOLS, Path(folder))
        return _seconds(tables, sessions[-1:], SYMBOLS, Path(folder))


def _slope(sizes: Sequence[int], seconds: "np.typing.NDArray[np.float64]") -> float:
    """How cost grows with size: 1 is linear, as the exponent of a line through the logarithms."""
    import numpy as np

    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def measure() -> list[Result]:
    """A warm process, as the resident ones are; every run a full session."""
    import numpy as np

    from butter_pipeline.features.registry import features
    from butter_pipeline.market.sessions import offset, sessions_between

    sessions = sessions_between(offset(LAST, 1 - HISTORY), LAST)
    whole = {symbols: _market(symbols, sessions) for symbols in SIZES}
    first = [_seconds(whole[SYMBOLS], sessions[-1:], SYMBOLS) for _ in range(3)][1:]
    one = [_new_session(whole[SYMBOLS], sessions) for _ in range(RUNS)]
    by_symbols = [min(sum(_seconds(whole[n], sessions[-1:], n).values()) for _ in range(3)) for n in SIZES]
    by_sessions = [min(sum(_seconds(whole[125], sessions[-n:], 125).values()) for _ in range(2)) for n in COUNTS]
    slowest = max(one[-1], key=lambda family: one[-1][family])
    grows = (_slope(SIZES, np.array(by_symbols)), _slope(COUNTS, np.array(by_sessions)))
    linear = Result.alone(
        "the cost of features grows at most linearly in symbols and sessions",
        f"exponents {grows[0]:.2f} over {SIZES} symbols, {grows[1]:.2f} over {COUNTS} sessions; seconds of the largest",
        [by_symbols[-1], by_sessions[-1]],
        float("inf"),
    )
    return [
        Result.alone(
            "one new session of 500 symbols, every feature, takes at most 1 s",
            f"{len(features())} features of {SYMBOLS} symbols, a session within its month; slowest family {slowest}",
            [sum(each.values()) for each in one],
            SESSION_LIMIT_S,
        ),
        Result.alone(
            "the first session of a month, every model of 500 symbols fitted anew",
            f"{len(features())} features of {SYMBOLS} symbols, nothing remembered",
            [sum(each.values()) for each in first],
            float("inf"),
        ),
        linear.only_if(max(grows) <= 1.1),
    ]
