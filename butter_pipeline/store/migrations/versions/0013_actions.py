"""Splits, dividends, spin-offs and rolls of futures, as raw rows. The statements stand in `0013_actions.sql`."""

from pathlib import Path

from alembic import op

from butter_pipeline.store.migrations import statements

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

STATEMENTS = Path(__file__).with_suffix(".sql")


def upgrade() -> None:
    """Add the table."""
    statements.run(statements.frozen(STATEMENTS), hypertables=False)


def downgrade() -> None:
    """Drop it, with what was written into it."""
    op.execute("drop table market.actions")
