"""Earnings beside the actions: what the columns of `market.actions` hold, said anew."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

SESSION, KIND = "comment on column market.actions.session is ", "comment on column market.actions.kind is "


def upgrade() -> None:
    """Say what the columns hold."""
    op.execute(SESSION + "'the ex-session: the first that trades on the new basis; of earnings, on what they say'")
    op.execute(KIND + "'split, dividend, special_dividend, spin_off, roll or earnings'")


def downgrade() -> None:
    """Say what they held before."""
    op.execute(SESSION + "'the ex-session: the first that trades on the new basis'")
    op.execute(KIND + "'split, dividend, special_dividend, spin_off or roll'")
