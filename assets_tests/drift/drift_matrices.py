"""Matrices of made-up markets for the tests of drift: a common weather, and what each symbol has of its own."""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import yaml

from butter_pipeline.drift.own import Own, own_values
from butter_pipeline.drift.plan import Plan, plan_from_config
from butter_pipeline.market.sessions import sessions_between

CONFIG: dict[str, Any] = yaml.safe_load((Path(__file__).parents[2] / "configs" / "drift.yml").read_text())
FIRST, LAST = date(2023, 11, 1), date(2025, 10, 31)
SESSIONS = sessions_between(FIRST, LAST)
SYMBOLS = tuple("ABCDEFGHIJKL")
COLUMNS = ("iv_pct", "slope_pct", "volume_ratio")


def plan_for(columns: tuple[str, ...] = COLUMNS, **changes: Any) -> Plan:
    """The delivered plan over other columns."""
    return plan_from_config(CONFIG | {"columns": list(columns)} | changes)


def autoregressive(seed: int, shape: tuple[int, ...], persistence: float) -> np.ndarray:
    """Stationary noise of variance one along the first axis."""
    draws = np.random.default_rng(seed).normal(size=shape)
    path = draws.copy()
    for t in range(1, shape[0]):
        path[t] = persistence * path[t - 1] + np.sqrt(1 - persistence**2) * draws[t]
    return path


def values_of(seed: int) -> dict[str, np.ndarray]:
    """Arrays [session, symbol]: a weather that swings far and long, and own parts that wander for weeks."""
    found = {}
    for place, column in enumerate(COLUMNS):
        weather = 8.0 * autoregressive(1000 * seed + 10 * place, (len(SESSIONS), 1), 0.98)
        own = autoregressive(1000 * seed + 10 * place + 1, (len(SESSIONS), len(SYMBOLS)), 0.9)
        found[column] = 30.0 + np.arange(len(SYMBOLS)) + weather + 2.0 * own
    return found


def matrix_of(values: dict[str, np.ndarray]) -> pa.Table:
    """The matrix that holds these values."""
    rows, width = next(iter(values.values())).shape
    days = np.repeat(np.array(SESSIONS[:rows], dtype="datetime64[D]"), width)
    held = {column: pa.array(np.ascontiguousarray(found).ravel()) for column, found in values.items()}
    return pa.table({"session": pa.array(days).cast(pa.date32()), "symbol": pa.array(SYMBOLS[:width] * rows), **held})


def own_of(values: dict[str, np.ndarray], columns: tuple[str, ...] = COLUMNS) -> Own:
    """What the symbols have of their own."""
    rows = next(iter(values.values())).shape[0]
    return own_values(matrix_of(values), columns, (FIRST, SESSIONS[rows - 1]))
