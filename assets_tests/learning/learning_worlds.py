"""Synthetic opportunities, matrices and outcomes, in the shapes that the stages give them."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import yaml

from butter_pipeline import configs
from butter_pipeline.frame import AVAILABLE_AT, SESSION
from butter_pipeline.labels.frames import BUTTERFLY_OUTCOMES
from butter_pipeline.learning.dataset import Dataset, Sources, joined
from butter_pipeline.learning.plan import Plan, plan_of
from butter_pipeline.market.sessions import as_of, offset, sessions_between
from butter_pipeline.opportunities.frames import BUTTERFLIES
from butter_pipeline.settings import PROJECT_ROOT

FIRST = date(2023, 11, 1)
OUTCOME_SESSIONS = 8
FEATURES = ("vol_index", "vol_term", "index_trend_20_pct", "beta_63", "correlation_63", "day_of_week")
"""What the columns of a matrix are called: names that the feature stage knows, for a plan may name no other."""


@dataclass(frozen=True)
class World:
    """How large a world is, and what makes profits beyond what the market knows."""

    sessions: int = 200
    symbols: int = 4
    per_symbol: int = 4
    signal: float = 0.0
    features: int = 6
    seed: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        """Of its features, in order."""
        return FEATURES[: self.features]


def configurations(folder: Path, world: World, **changed: Mapping[str, object]) -> Path:
    """A copy of the configurations whose models learn from a world's features, with some knobs changed."""
    shutil.copytree(PROJECT_ROOT / "configs", folder)
    learning = folder / "learning.yml"
    values = yaml.safe_load(learning.read_text()) | {"features": list(world.names)}
    for part, knobs in changed.items():
        values[part] |= knobs
    learning.write_text(yaml.safe_dump(values))
    return folder


def plan(**changed: object) -> Plan:
    """The plan of the configuration, with some parts changed."""
    return replace(plan_of(configs.load("learning")), **changed)


def sources(world: World) -> Sources:
    """Labels of opportunities whose profit the market prices right, but for `signal` times the first feature."""
    random = np.random.default_rng(world.seed)
    sessions = sessions_between(FIRST, offset(FIRST, world.sessions - 1))
    symbols = [f"S{n:02d}" for n in range(world.symbols)]
    matrix = matrix_of(sessions, symbols, world.names, random)
    planted = np.repeat(matrix[world.names[0]].to_numpy(), world.per_symbol)
    rows = len(planted)
    market = random.uniform(0.25, 0.75, rows)
    chance = 1 / (1 + np.exp(-(np.log(market / (1 - market)) + world.signal * planted)))
    won = random.random(rows) < chance
    held = np.repeat(np.arange(len(sessions)), world.symbols * world.per_symbol)
    butterflies = butterflies_of(
        [sessions[place] for place in held],
        np.repeat(np.tile(symbols, len(sessions)), world.per_symbol).tolist(),
        market,
        random,
    )
    return Sources(butterflies, matrix, outcomes_of(butterflies, won))


def matrix_of(sessions: list[date], symbols: list[str], names: Sequence[str], random: np.random.Generator) -> pa.Table:
    rows = len(sessions) * len(symbols)
    columns = {"session": np.repeat(np.array(sessions), len(symbols)), "symbol": symbols * len(sessions)}
    columns |= {name: random.normal(size=rows) for name in names}
    columns |= {"available_at": [as_of(session) for session in sessions for _ in symbols]}
    fields = [pa.field(name, pa.float64()) for name in names]
    return pa.table(columns, schema=pa.schema([SESSION, pa.field("symbol", pa.string()), *fields, AVAILABLE_AT]))


def butterflies_of(
    sessions: list[date], symbols: list[str], market: np.ndarray, random: np.random.Generator
) -> pa.Table:
    rows = len(sessions)
    columns: dict[str, object] = {}
    for field in BUTTERFLIES.schema:
        if pa.types.is_float64(field.type):
            columns[field.name] = random.normal(size=rows)
        elif pa.types.is_int64(field.type):
            columns[field.name] = random.integers(8, 25, rows)
    columns |= {
        "session": sessions,
        "opportunity_id": [
            f"{s}-{symbol}-{n:05d}" for n, (s, symbol) in enumerate(zip(sessions, symbols, strict=True))
        ],
        "symbol": symbols,
        "strategy": ["butterfly"] * rows,
        "option_right": ["C"] * rows,
        "expiry": [offset(session, 10) for session in sessions],
        "market_probability": market,
        "available_at": [as_of(session) for session in sessions],
    }
    return pa.table(columns, schema=BUTTERFLIES.schema)


def outcomes_of(butterflies: pa.Table, won: np.ndarray) -> pa.Table:
    opened = butterflies["session"].to_pylist()
    matured = [offset(session, OUTCOME_SESSIONS) for session in opened]
    profit = np.where(won, 50.0, -50.0)
    columns: dict[str, object] = {
        field.name: pa.nulls(len(opened), field.type) for field in BUTTERFLY_OUTCOMES.schema if field.nullable
    }
    columns |= {
        "session": matured,
        "opportunity_id": butterflies["opportunity_id"],
        "symbol": butterflies["symbol"],
        "opened_session": opened,
        "entry_session": [offset(session, 1) for session in opened],
        "profit_usd": profit,
        "profit_pct": profit,
        "is_profitable": won.astype(np.int64),
        "available_at": [as_of(session) for session in matured],
    }
    return pa.table(columns, schema=BUTTERFLY_OUTCOMES.schema)


def dataset(world: World) -> Dataset:
    """Everything that had matured by the end of the world."""
    cutoff = offset(FIRST, world.sessions - 1)
    return joined(sources(world), (FIRST, cutoff))
