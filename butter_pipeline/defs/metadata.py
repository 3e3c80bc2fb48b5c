"""How assets describe themselves: schemas, counts, checks and pictures.

What belongs here: turning outcomes and pictures into Dagster's metadata, the same way for every asset.
What does not: drawing (the stage's `pictures`), and judging (the stage's own functions).
"""

import base64
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import dagster as dg

from butter_pipeline.frame import Frame

if TYPE_CHECKING:
    from butter_pipeline.store.outcomes import Outcome

FIRST_SHOWN = 20
SESSIONS_USABLE = "sessions_usable"


def column_schema(frame: Frame) -> dict[str, dg.TableSchema]:
    """A frame's columns with their meaning, as the catalogue shows them."""
    columns = [
        dg.TableColumn(
            field.name,
            str(field.type),
            description=field.metadata[b"doc"].decode(),
            constraints=dg.TableColumnConstraints(nullable=field.nullable),
        )
        for field in frame.schema
    ]
    return {"dagster/column_schema": dg.TableSchema(columns=columns)}


def picture(png: bytes) -> dg.MarkdownMetadataValue:
    """A picture that the UI shows in place."""
    return dg.MetadataValue.md(f"![plot](data:image/png;base64,{base64.b64encode(png).decode()})")


def session_check(asset: str, stage: str = "market") -> dg.AssetCheckSpec:
    """The blocking check that stands between a bad session and everything behind it."""
    return dg.AssetCheckSpec(
        SESSIONS_USABLE,
        asset=[stage, asset],
        blocking=True,
        description="Every session could be used: nothing beneath it is blocked, and for market data it is complete "
        "(at least 95 %) and no rule of `market.quality` blocks it. "
        "Blocks the run when no session of it is usable; a range with some usable sessions goes on with those, "
        "and whatever reads a session asks for its verdict again.",
        metadata={"rules": _rules(asset)} if stage == "market" else None,
    )


def _rules(asset: str) -> dg.TableMetadataValue:
    """The rules of quality that the check stands for, by the names that they give as reasons."""
    from butter_pipeline.market.quality.reasons import reasons_of

    records = [
        dg.TableRecord({"rule": each.name, "outcome": each.outcome, "meaning": each.meaning})
        for each in reasons_of(asset)
    ]
    return dg.MetadataValue.table(records, dg.TableSchema([dg.TableColumn(n) for n in ("rule", "outcome", "meaning")]))


def session_verdict(outcomes: Sequence["Outcome"], check: str = SESSIONS_USABLE) -> dg.AssetCheckResult:
    """The check's result over the sessions of a run."""
    bad = [outcome for outcome in outcomes if outcome.status not in ("done", "released")]
    severity = dg.AssetCheckSeverity.ERROR if len(bad) == len(outcomes) else dg.AssetCheckSeverity.WARN
    lines = [f"{outcome.session}: {outcome.reason}" for outcome in bad[:FIRST_SHOWN]]
    return dg.AssetCheckResult(
        passed=not bad,
        check_name=check,
        severity=severity,
        description="; ".join(lines) or None,
        metadata={"sessions": len(outcomes), "blocked": len(bad), **_findings(outcomes)},
    )


def _findings(outcomes: Sequence["Outcome"]) -> dict[str, dg.TableMetadataValue]:
    """How many rows each rule of quality rejected or flagged, over the sessions of a run."""
    from butter_pipeline.market.quality.sessions import counts_told

    counts: Counter[tuple[str, str]] = Counter()
    for outcome in outcomes:
        counts.update(counts_told(outcome.reason))
    records = [dg.TableRecord({"outcome": what, "rule": rule, "rows": n}) for (what, rule), n in sorted(counts.items())]
    columns = [dg.TableColumn("outcome"), dg.TableColumn("rule"), dg.TableColumn("rows", "int")]
    return {"findings": dg.MetadataValue.table(records, dg.TableSchema(columns))} if records else {}


def describe_sessions(context: dg.AssetExecutionContext, outcomes: Sequence["Outcome"]) -> None:
    """Attach to each partition what its session came to."""
    for outcome in outcomes:
        told = {
            "dagster/row_count": dg.MetadataValue.int(outcome.rows or 0),
            "status": outcome.status if outcome.reason is None else f"{outcome.status}: {outcome.reason}",
            "completeness_pct": outcome.completeness_pct,
            "content_hash": outcome.hash,
        }
        told = {name: value for name, value in told.items() if value is not None}
        context.add_asset_metadata(told, asset_key=_key(outcome), partition_key=outcome.session.isoformat())


def described(
    context: dg.AssetExecutionContext,
    outcomes: Sequence["Outcome"],
    pictures: Mapping[str, bytes],
    check: str = SESSIONS_USABLE,
) -> dg.MaterializeResult:
    """The result of an asset that made sessions: each described by itself, the pictures with the last.

    The check's verdict goes with it where the asset has that check; what is not done is logged by name.
    """
    for outcome in outcomes:
        if outcome.status != "done":
            context.log.warning(f"{outcome.session}: {outcome.status}, {outcome.reason}")
    describe_sessions(context, outcomes)
    key, last = _key(outcomes[-1]), outcomes[-1].session.isoformat()
    if pictures:
        shown = {name: picture(png) for name, png in pictures.items()}
        context.add_asset_metadata(shown, asset_key=key, partition_key=last)
    checked = dg.AssetCheckKey(key, check) in context.selected_asset_check_keys
    verdicts = [session_verdict(outcomes, check)._replace(asset_key=key)] if checked else []
    return dg.MaterializeResult(asset_key=key, check_results=verdicts)


def _key(outcome: "Outcome") -> dg.AssetKey:
    return dg.AssetKey(outcome.asset.split("/"))
