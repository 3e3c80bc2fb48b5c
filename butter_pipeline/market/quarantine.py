"""Rows that do not go on: kept in `market.quarantine` with their reason, nothing left out.

What belongs here: the two ways into it, rows that quality rejected and raw rows that could not be read. What does not:
deciding that a row is bad (`market.quality`, `market.vendors`).

The same row refused again for the same reason is the same row.
"""

import json
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from butter_pipeline.identity import natural_id
from butter_pipeline.store import Store, frames
from butter_pipeline.store.terms import Origin

if TYPE_CHECKING:
    import pyarrow as pa


def keep_rejected(store: Store, dataset: str, rejected: "pa.Table", origin: Origin, otherwise: date) -> None:
    """Keep rows of a frame that have `reason` and `detail`; one without a session goes with `otherwise`."""
    rows = []
    for row in rejected.to_pylist():
        reason, detail = row.pop("reason"), row.pop("detail")
        text = json.dumps(row, default=str, sort_keys=True)
        told = {
            "session": row["session"] or otherwise,
            "symbol": row.get("symbol") or row.get("series") or "",
            "detail": detail or "",
            "available_at": row["available_at"] or origin.received_at,
        }
        rows.append(_entry(dataset, origin, reason, text) | told)
    _enter(store, rows)


def keep_refused(store: Store, dataset: str, unreadable: "pa.Table", origin: Origin) -> None:
    """Keep raw rows that could not be read (`market.vendors.protocol.REFUSED`); they are known from receipt."""
    rows = []
    for row in unreadable.to_pylist():
        told = {
            "session": row["session"] or origin.received_at.date(),
            "symbol": row["symbol"] or "",
            "detail": row["detail"],
            "available_at": origin.received_at,
        }
        rows.append(_entry(dataset, origin, row["reason"], row["row_json"]) | told)
    _enter(store, rows)


def _entry(dataset: str, origin: Origin, reason: str, text: str) -> dict[str, Any]:
    return {
        "quarantine_id": natural_id("quarantine", dataset, origin.vendor, reason, text),
        "dataset": dataset,
        "vendor": origin.vendor,
        "reason": reason,
        "row_json": text,
        "code_version": origin.code_version,
        "config_hash": origin.config_hash,
        "recorded_at": origin.recorded_at,
    }


def _enter(store: Store, rows: Sequence[dict[str, Any]]) -> None:
    import pyarrow as pa

    from butter_pipeline.store.schema import base, table

    if rows:
        target = table("market.quarantine")
        schema = base.to_arrow(target, target.c.keys())
        # In one order whoever keeps them: stretches kept side by side may share a line, and would wait for each other.
        ordered = sorted(rows, key=lambda row: row["quarantine_id"])
        frames.insert(store, "market.quarantine", pa.Table.from_pylist(ordered, schema))
