"""Everything of the first version: raw market data, the lake's manifest, outcomes and the ledgers.

The statements stand frozen in `0001_foundation.sql`, beside this file.
"""

import logging
from pathlib import Path

from alembic import op

from butter_pipeline.store.migrations import statements, time_partitions

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_log = logging.getLogger(__name__)

STATEMENTS = Path(__file__).with_suffix(".sql")
CREATED_IN_ORDER = (
    "market.bars",
    "market.context",
    "market.quarantine",
    "lake.manifest",
    "operations.session_outcomes",
    "learning.trials",
    "registry.models",
    "registry.events",
    "trading.predictions",
    "trading.decisions",
    "drift.alerts",
    "drift.retraining_intents",
    "drift.intent_events",
)


def upgrade() -> None:
    """Create it all, in the transaction that is open."""
    connection = op.get_bind()
    timescale = time_partitions.decided(connection)
    _log.info("%s partitions: %s", "hypertable" if timescale.installed else "native", timescale.reason)
    statements.run(statements.frozen(STATEMENTS), hypertables=timescale.installed)


def downgrade() -> None:
    """Drop what `upgrade` made; fails, changing nothing, while others' objects still depend on it."""
    op.execute("drop view operations.failed_sessions, operations.latest_outcomes")
    for table in reversed(CREATED_IN_ORDER):
        op.execute(f"drop table {table}")
    op.execute("drop function operations.refuse_change()")
    op.execute("drop schema market, lake, learning, registry, trading, drift")
