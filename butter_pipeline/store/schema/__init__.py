"""The one place columns are named: every table and view of ours in PostgreSQL, with its meaning.

What belongs here: tables, types, keys, checks and the comments from which `docs/tables.md` is made.
What does not: how a database gets there (`store.migrations`), how rows are written or read, and the
schemas `labels` and `marts`, which dbt owns. A change here needs a migration; a test compares the two.
"""

from sqlalchemy import Table

from butter_pipeline.store.schema import derived, ledgers, operations, raw
from butter_pipeline.store.schema.base import METADATA, View

__all__ = ["METADATA", "SCHEMAS", "VIEWS", "derived", "is_partitioned", "ledgers", "operations", "raw", "table"]

SCHEMAS: dict[str, str] = {
    "market": "Raw market data in rows, exactly as vendors gave it, corrections beside what they correct.",
    "lake": "What the Parquet lake holds, file by file.",
    "operations": "What each run made of each session.",
    "opportunities": "Butterflies and signals that were found, and what they were worth afterwards.",
    "policy": "The weights that the learned arm gave the analyzer.",
    "learning": "How models were searched for.",
    "registry": "Model versions, the events that move them, and who stands.",
    "trading": "What was predicted, decided, ordered, filled and closed.",
    "drift": "What has changed since training, and the retraining that was asked for.",
}
"""Our schemas in PostgreSQL, in the order data flows."""

VIEWS: tuple[View, ...] = operations.VIEWS


def table(name: str) -> Table:
    """The table of that name, such as `registry.models`."""
    try:
        return METADATA.tables[name]
    except KeyError:
        raise ValueError(f"no table {name!r}; store.schema has {', '.join(sorted(METADATA.tables))}") from None


def is_partitioned(table: Table) -> bool:
    """Whether rows are kept apart by the time of their session."""
    return bool(table.info.get("partitioned"))
