"""What each run made of each session.

What belongs here: the record that tells an operator what is done, blocked or failed. What does not:
the results themselves.
"""

from sqlalchemy import Index, PrimaryKeyConstraint, Table

from butter_pipeline.store.schema import base
from butter_pipeline.store.schema.base import COUNT, DATE, FLOAT, METADATA, TEXT, View, at_least, column, one_of, share

STATUSES = ("done", "blocked", "failed", "released")

SESSION_OUTCOMES = Table(
    "session_outcomes",
    METADATA,
    column("asset", TEXT, "asset key, such as market/bars"),
    base.vendor("who supplied the data; empty when it does not apply"),
    column("session", DATE, "exchange session that the run worked on"),
    column("status", TEXT, "done; blocked (by a check); failed (by an error); released (unblocked by a person)"),
    column("reason", TEXT, "why it is blocked, failed or released, or a remark when done; in one line", nullable=True),
    column("rows", COUNT, "rows that the session has", at_least("rows", 0), nullable=True),
    column("hash", TEXT, "content hash of the session's rows", nullable=True),
    column("completeness_pct", FLOAT, "share of the expected rows that arrived good, in percent", nullable=True),
    column("run_id", TEXT, "the Dagster run; outside every hash"),
    *base.provenance(),
    PrimaryKeyConstraint("asset", "vendor", "session", "recorded_at", "run_id"),
    one_of("status", *STATUSES),
    share("completeness_pct", most=100),
    Index(None, "recorded_at"),
    schema="operations",
    comment="What each run made of each session; the latest row per asset, vendor and session counts.",
    info={"owner": "operations"},
)

LATEST_OUTCOMES = View(
    "operations.latest_outcomes",
    "select distinct on (asset, vendor, session) * from operations.session_outcomes "
    "order by asset, vendor, session, recorded_at desc, run_id desc",
    "The latest outcome per asset, vendor and session.",
    SESSION_OUTCOMES,
)
FAILED_SESSIONS = View(
    "operations.failed_sessions",
    "select * from operations.latest_outcomes where status in ('blocked', 'failed')",
    "The sessions whose latest outcome is blocked or failed: what still wants a person or a re-run.",
    SESSION_OUTCOMES,
)
VIEWS = (LATEST_OUTCOMES, FAILED_SESSIONS)
