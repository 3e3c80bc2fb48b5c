"""A vintage's rows as the stages before would have kept them, in a real database."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

import pyarrow as pa

from assets_tests.learning.learning_worlds import FIRST, World, plan, sources
from butter_pipeline.derivation import Run, done
from butter_pipeline.labels.frames import BUTTERFLY_OUTCOMES
from butter_pipeline.learning.plan import Needs, Plan
from butter_pipeline.market.sessions import as_of, offset, sessions_between
from butter_pipeline.opportunities.frames import BUTTERFLIES
from butter_pipeline.registry.fitting import MATRIX, WAITS_FOR, Making
from butter_pipeline.store import Store, frames, lake, outcomes

VENDOR = "simulator-7-edge"
RUN = Run(
    vendor=VENDOR,
    received_at=datetime(2026, 11, 1, tzinfo=UTC),
    recorded_at=datetime(2026, 11, 1, tzinfo=UTC),
    code_version="code",
    config_hash="config",
    run_id="run",
)
WORLD = World(sessions=100, symbols=3, per_symbol=4, signal=1.5, features=3)
LAST = offset(FIRST, WORLD.sessions - 1)


@dataclass(frozen=True)
class Little:
    """Needs that little worlds can meet."""

    rows: int = 400
    sessions: int = 40

    @property
    def plan(self) -> Plan:
        from dataclasses import replace

        held = plan()
        return replace(
            held,
            features=WORLD.names,
            needs=Needs(self.rows, self.sessions),
            validation=replace(held.validation, minimum_rows=100),
            trees=replace(held.trees, min_data_in_leaf=30),
        )


def making(store: Store, run: Run = RUN, little: Little | None = None) -> Making:
    return Making(store, run, (little or Little()).plan, FIRST)


def keep(store: Store, world: World = WORLD) -> None:
    """Keep what a vintage stands on, session by session as the stages do."""
    held = sources(world)
    sessions = sessions_between(FIRST, offset(FIRST, world.sessions - 1))
    frames.append(store, BUTTERFLIES, held.butterflies, RUN)
    parts = (
        lake.Content(s, held.matrix.slice(n * world.symbols, world.symbols), as_of(s)) for n, s in enumerate(sessions)
    )
    lake.write(store, MATRIX, parts, RUN)
    keep_labels(store, held.outcomes)
    outcomes.record(store, [done(asset, session, RUN) for asset in WAITS_FOR for session in sessions])


def keep_labels(store: Store, labels: pa.Table, mode: str = "create") -> None:
    """What dbt would have made; only labels that had matured by the world's end."""
    from sqlalchemy import text

    with store.engine.begin() as connection:
        connection.execute(text("create schema if not exists labels"))
    rows = labels.append_column("vendor", pa.array([VENDOR] * labels.num_rows))
    with store.adbc() as connection, connection.cursor() as cursor:
        cursor.adbc_ingest(BUTTERFLY_OUTCOMES.name, rows, mode=mode, db_schema_name="labels")
        connection.commit()


def reason(session: date, store: Store, asset: str) -> str | None:
    (found,) = outcomes.latest(store, asset, VENDOR, session, session)
    return None if found.reason is None else f"{found.status}: {found.reason}"
