"""The lineage behind market data: opportunities, policy, registry, trading and drift, each row with its vendor.

The ledgers of the first version that change shape here had no writer yet; they are dropped and made anew. The
statements stand frozen in `0002_lineage.sql`, beside this file.
"""

from pathlib import Path

from alembic import op

from butter_pipeline.store.migrations import statements, time_partitions

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

STATEMENTS = Path(__file__).with_suffix(".sql")
BEFORE = Path(__file__).with_name("0001_foundation.sql")

REPLACED = (
    "registry.models",
    "registry.events",
    "trading.predictions",
    "trading.decisions",
    "drift.alerts",
    "drift.retraining_intents",
    "drift.intent_events",
)
"""In the order in which the first version made them."""

NEW = (
    "opportunities.butterflies",
    "opportunities.marks",
    "opportunities.signals",
    "policy.weights",
    "registry.standing",
    "trading.order_intents",
    "trading.executions",
    "trading.outcomes",
    "trading.books",
    "drift.report",
    "drift.performance",
)


def upgrade() -> None:
    """Replace the ledgers that change, add what is new."""
    _drop(REPLACED)
    timescale = time_partitions.probe(op.get_bind())
    statements.run(statements.frozen(STATEMENTS), hypertables=timescale.installed)


def downgrade() -> None:
    """Back to the ledgers as they were; what was written since is dropped with them."""
    _drop((*NEW, *REPLACED))
    op.execute("drop schema opportunities, policy")
    earlier = [s for s in statements.frozen(BEFORE) if any(f" {table}" in s.split("(")[0] for table in REPLACED)]
    statements.run(earlier, hypertables=False)


def _drop(tables: tuple[str, ...]) -> None:
    for table in reversed(tables):
        op.execute(f"drop table {table}")
