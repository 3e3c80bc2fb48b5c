"""Candidates, and the raw answers that they were read from.

The statements stand frozen in `0012_candidates.sql`, beside this file.
"""

from pathlib import Path

from alembic import op

from butter_pipeline.store.migrations import statements

revision = "0012"
down_revision = "0002"
branch_labels = None
depends_on = None

STATEMENTS = Path(__file__).with_suffix(".sql")


def upgrade() -> None:
    """Make both tables."""
    statements.run(statements.frozen(STATEMENTS), hypertables=False)


def downgrade() -> None:
    """Drop both tables with what they hold."""
    op.execute("drop table market.candidates, market.candidate_answers")
    op.execute(
        "comment on column market.quarantine.dataset is 'the frame the row was meant for: bars, chains or context'"
    )
