"""The house's own features in a file: judged through the windows that they declare.

What belongs here: giving a `Feature` the tables that it names, made of a made-up market. What does not: the registry's
features, which are proved on the sample (`proof.house`).
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from butter_pipeline.features.proof.foreign.answers import Answer, Column, known_of
from butter_pipeline.features.proof.foreign.calling.calls import Subject, guarded
from butter_pipeline.features.proof.foreign.worlds.rows import CLOSE, DAY, FIELDS, Rows, World, key_of
from butter_pipeline.features.registry import Feature


class Declared(Subject):
    """A feature of the house's own form."""

    def answer(self, world: World) -> Answer:
        """Its values for every session of the world."""
        from butter_pipeline.features.windows import panel_of, windows

        feature: Feature = self.thing
        tables = {name: _table(name, feature, world) for name in _tables(feature)}
        panel = panel_of(tables, list(tables))
        sessions = _sessions(world.daily)
        keys, values = [], []
        for window, (view,) in windows(panel, sessions, [feature]):
            found = guarded(lambda view=view: feature.formula(view), self.watch)
            codes = np.array([world.symbols.index(name) for name in window.symbols], dtype=np.int64)
            keys.append(key_of(codes[window.symbol], _stamps(window.place), np.zeros(len(window.place), np.int64)))
            values.append(np.asarray(found, dtype=np.float64))
        every = np.concatenate(keys) if keys else np.empty(0, dtype=np.int64)
        order = np.argsort(every)
        told = np.concatenate(values)[order] if values else np.empty(0)
        return {feature.name: Column(every[order], known_of(every[order], world), told)}


def _tables(feature: Feature) -> Sequence[str]:
    named = dict.fromkeys(column.partition(".")[0] for column in feature.inputs)
    return [
        *dict.fromkeys(["bars" if "bars" in named or "context" in named or not named else next(iter(named))]),
        *named,
    ]


def _table(name: str, feature: Feature, world: World) -> pa.Table:
    rows = world.daily
    days = pa.array((rows.stamp // DAY).astype(np.int32)).cast(pa.date32())
    if name == "context":
        return _context(feature, rows)
    names: Any = np.array(world.symbols, dtype=object)[rows.symbol]
    columns = {"session": days, "symbol": pa.array(names.tolist(), pa.string())}
    wanted = FIELDS if name == "bars" else _columns(name, feature)
    return pa.table(columns | {each: rows.values[:, place % len(FIELDS)] for place, each in enumerate(wanted)})


def _columns(table: str, feature: Feature) -> Sequence[str]:
    return [each.partition(".")[2] for each in feature.inputs if each.startswith(f"{table}.")]


def _context(feature: Feature, rows: Rows) -> pa.Table:
    """Every series that is named is the mean close of the session."""
    stamps, at = np.unique(rows.stamp, return_inverse=True)
    level = np.bincount(at, np.nan_to_num(rows.values[:, CLOSE])) / np.bincount(at)
    parts = [
        pa.table(
            {
                "session": pa.array((stamps // DAY).astype(np.int32)).cast(pa.date32()),
                "series": pa.array([name] * len(stamps), pa.string()),
                "value": level * (1.0 + place),
            }
        )
        for place, name in enumerate(_columns("context", feature))
    ]
    return pa.concat_tables(parts)


def _sessions(rows: Rows) -> Sequence[date]:
    days = np.unique(rows.stamp // DAY)
    return [date(1970, 1, 1) + timedelta(days=int(day)) for day in days]


def _stamps(places: Any) -> Any:
    from butter_pipeline.market.sessions import calendar

    days = np.array(calendar(), dtype="datetime64[D]")[places]
    return days.astype(np.int64) * DAY
