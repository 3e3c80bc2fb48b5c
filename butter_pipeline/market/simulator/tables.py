"""Vendor frames of a path: the Arrow tables that a real vendor would hand over.

What belongs here: columns in the order and types of `market.frames`, sorted by key, and the context
series that follow from the law (volatility indices) or from the bars (sector levels).
What does not: the true state. Nothing here may carry a regime, a hidden state or a variance.
"""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import pyarrow as pa

from butter_pipeline.frame import INSTANT, Frame
from butter_pipeline.market.frames import BARS, CHAINS, CONTEXT
from butter_pipeline.market.simulator.chains import RIGHTS, chain
from butter_pipeline.market.simulator.contracts import check_indices
from butter_pipeline.market.simulator.parameters import DT, Floats, Ints
from butter_pipeline.market.simulator.path import Path

VOL_INDEX_DAYS = {"vol_index": 30, "vol_index_9d": 9, "vol_index_3m": 93}  # calendar days


def bar_rows(path: Path, indices: Sequence[int], available_at: Sequence[datetime]) -> pa.Table:
    """Return the bars of the wanted sessions; one available_at per session."""
    wanted = check_indices(path, indices, beyond=0)
    width = len(path.world.symbols)
    place = np.repeat(np.arange(wanted.size), width)
    columns = _session_columns(path, wanted, available_at, place)
    columns["symbol"] = _texts(path.world.symbols, np.tile(np.arange(width), wanted.size))
    for name, values in vars(path.bars).items():
        columns[name] = pa.array(values[wanted].ravel())
    return _table(BARS, columns)


def context_rows(path: Path, indices: Sequence[int], available_at: Sequence[datetime]) -> pa.Table:
    """Return the context series of the wanted sessions; one available_at per session."""
    wanted = check_indices(path, indices)
    series = context_series(path, wanted)
    names = tuple(sorted(series))
    place = np.repeat(np.arange(wanted.size), len(names))
    columns = _session_columns(path, wanted, available_at, place)
    columns["series"] = _texts(names, np.tile(np.arange(len(names)), wanted.size))
    columns["value"] = pa.array(np.stack([series[name] for name in names], axis=1).ravel())
    return _table(CONTEXT, columns)


def chain_rows(path: Path, indices: Sequence[int], available_at: Sequence[datetime]) -> pa.Table:
    """Return the option chains of the wanted sessions; one available_at per session."""
    wanted = check_indices(path, indices)
    found = chain(path, indices)
    strip = found.strip
    group = np.repeat(strip.group, len(RIGHTS))
    place = np.searchsorted(wanted, strip.groups.session)[group]
    columns = _session_columns(path, wanted, available_at, place)
    columns["symbol"] = _texts(path.world.symbols, strip.groups.symbol[group])
    columns["expiry"] = _days(path, strip.groups.expiry[group])
    columns["strike"] = pa.array(np.repeat(strip.strike, len(RIGHTS)))
    columns["right"] = _texts(RIGHTS, np.tile(np.arange(len(RIGHTS)), strip.group.size))
    for name in ("bid", "ask", "volume", "open_interest"):
        columns[name] = pa.array(getattr(found, name).ravel())
    # from_pandas reads nan as null
    columns["last"] = pa.array(found.last.ravel(), from_pandas=True)
    columns["vendor_iv"] = pa.array(found.implied_vol.ravel(), from_pandas=True)
    columns["underlying_price"] = pa.array(np.repeat(strip.spot, len(RIGHTS)))
    return _table(CHAINS, columns)


def context_series(path: Path, wanted: Ints) -> dict[str, Floats]:
    """Every context series on the wanted sessions."""
    world, close = path.world, path.bars.close
    series = {name: vol_index(path, wanted, days) for name, days in VOL_INDEX_DAYS.items()}
    series["index_level"] = close[wanted, path.column(world.index_symbol)]
    series["short_rate_pct"] = np.full(wanted.size, 100.0 * world.rate)
    simple = close[1:] / close[:-1] - 1.0
    for sector in sorted({each.sector for each in world.listings if each.sector}):
        members = [i for i, each in enumerate(world.listings) if each.sector == sector]
        mean = sum((simple[:, i] for i in members[1:]), simple[:, members[0]]) / len(members)
        series[f"sector_{sector}"] = np.append(100.0, 100.0 * np.cumprod(1.0 + mean))[wanted]
    return series


def vol_index(path: Path, wanted: Ints, days: int) -> Floats:
    """Return the index's volatility from a log contract over calendar days: yearly, in points, as priced."""
    calendar = np.array(path.sessions, dtype="datetime64[D]")
    ahead = np.searchsorted(calendar, calendar[wanted] + np.timedelta64(days, "D"), side="right") - 1 - wanted
    column = np.full(wanted.size, path.column(path.world.index_symbol))
    mean, _ = path.laws.log_moments(path.priced_situations(wanted, column, ahead), drifted=False)
    years = ahead * DT
    return np.asarray(100.0 * np.sqrt(2.0 * (path.world.rate * years - mean) / years))


def _session_columns(
    path: Path, wanted: Ints, available_at: Sequence[datetime], place: Ints
) -> dict[str, pa.Array | pa.ChunkedArray]:
    if len(available_at) != wanted.size:
        raise ValueError(f"available_at: was {len(available_at)} instants, must be one per session ({wanted.size})")
    instants = pa.array(list(available_at), type=INSTANT)
    return {"session": _days(path, wanted[place]), "available_at": instants.take(pa.array(place))}


def _days(path: Path, index: Ints) -> pa.Array:
    days = np.array(path.sessions, dtype="datetime64[D]").astype(np.int32)
    return pa.array(days[index], type=pa.int32()).cast(pa.date32())


def _texts(names: Sequence[str], index: Ints) -> pa.Array:
    return pa.array(names, type=pa.string()).take(pa.array(index))


def _table(frame: Frame, columns: dict[str, pa.Array | pa.ChunkedArray]) -> pa.Table:
    return pa.Table.from_arrays([columns[name] for name in frame.schema.names], schema=frame.schema)
