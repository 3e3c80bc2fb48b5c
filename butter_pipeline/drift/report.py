"""The Evidently report of one session: the latest sessions against the reference, column by column.

What belongs here: judging the columns that can be judged, saying why others cannot, and the report as JSON or HTML.
What does not: what follows from reports over time (`verdict`).

Evidently raises on a column without values, lets constant ones pass, and chooses another statistic when a reference
has fewer than a thousand rows. So columns are looked at here first, and statistic and threshold are always passed.
"""

import hashlib
import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from butter_pipeline.drift.frames import REPORT
from butter_pipeline.drift.own import Floats, Own
from butter_pipeline.drift.plan import Plan
from butter_pipeline.drift.reference import Reference, cut_offs, references
from butter_pipeline.market.sessions import as_of, calendar, offset, position

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Reports:
    """The rows of REPORT in the order of their key, and each session's report as JSON."""

    rows: "pa.Table"
    documents: Mapping[date, bytes]


@dataclass(frozen=True)
class Comparison:
    """What Evidently is to compare in one session; `reason` says of the other columns why they cannot be judged."""

    session: date
    reference: Reference
    current: Floats  # [column, session, symbol]
    judged: tuple[str, ...]
    reason: Mapping[str, str]


def span(sessions: Sequence[date], plan: Plan, first_session: date) -> tuple[date, date]:
    """The first and last session of the matrix that reports on these sessions must be given."""
    reach = max(position(min(sessions)) - plan.lookback_sessions, 0)
    return max(first_session, calendar()[reach]), max(sessions)


def reports(own: Own, sessions: Sequence[date], plan: Plan, first_session: date) -> Reports:
    """The reports of the sessions of a market that began on `first_session`; none before its first cut-off."""
    _refuse_too_little(own, sessions, plan, first_session)
    chosen = _cut_off_of(sessions, plan, first_session)
    made = references(own, sorted(set(chosen.values())), plan)
    rows: list[dict[str, Any]] = []
    documents: dict[date, bytes] = {}
    prepared: dict[date, Any] = {}
    for session in sorted(chosen):
        compared = comparison(own, session, made[chosen[session]], plan)
        if chosen[session] not in prepared:
            prepared[chosen[session]] = _dataset(own.columns, compared.reference.values)
        distances, said = _evidently(own, compared, plan, prepared[chosen[session]])
        documents[session] = _document(compared, plan, said)
        rows += _rows(own, compared, plan, distances, hashlib.sha256(documents[session]).hexdigest())
    import pyarrow as pa

    return Reports(pa.Table.from_pylist(rows, schema=REPORT.schema), documents)


def _refuse_too_little(own: Own, sessions: Sequence[date], plan: Plan, first_session: date) -> None:
    if not sessions:
        return
    first, last = span(sessions, plan, first_session)
    if own.sessions[0] > first or own.sessions[-1] < last:
        raise ValueError(f"own: covers {own.sessions[0]} to {own.sessions[-1]}, must cover {first} to {last}")


def _cut_off_of(sessions: Sequence[date], plan: Plan, first_session: date) -> Mapping[date, date]:
    """Of each session that has one, the latest cut-off that lies wholly before its window.

    Otherwise a reference would take in a change while it is being looked for, and hide it.
    """
    if not sessions:
        return {}
    known = cut_offs(first_session, max(sessions), plan.reference_sessions)
    before = {session: bisect_right(known, offset(session, -plan.window_sessions)) for session in sessions}
    return {session: known[place - 1] for session, place in before.items() if place}


def comparison(own: Own, session: date, reference: Reference, plan: Plan) -> Comparison:
    """The latest sessions beside the reference, and which columns can be judged."""
    stop = own.place(session) + 1
    start = max(stop - plan.window_sessions, 0)
    current = reference.scale.standardised(own, start, stop)
    reason = dict(reference.reason)
    for place, column in enumerate(own.columns):
        why_not = _why_not(current[place], plan)
        if column not in reason and why_not:
            reason[column] = why_not
    return Comparison(session, reference, current, tuple(c for c in own.columns if c not in reason), reason)


def _why_not(window: Floats, plan: Plan) -> str | None:
    """Why the latest values of a column cannot be judged, if they cannot."""
    there = np.isfinite(window)
    if not np.any(there):
        return f"no values in the last {plan.window_sessions} sessions"
    share_pct = 100.0 * np.count_nonzero(there) / (plan.window_sessions * window.shape[1])
    if share_pct < plan.usable_pct:
        return f"{share_pct:.0f} % of the latest values can be used, {plan.usable_pct:g} % must be"
    highest, lowest = np.where(there, window, -np.inf).max(axis=0), np.where(there, window, np.inf).min(axis=0)
    if not np.any(highest > lowest):
        return f"constant over the last {plan.window_sessions} sessions"
    return None


def _dataset(columns: Sequence[str], values: Floats, declared: str = "unknown_columns") -> Any:
    """Evidently's dataset of values [column, session, symbol].

    Of columns declared as numbers Evidently gathers quantiles that only its drawings read, for half of the time.
    """
    import pandas as pd
    from evidently import DataDefinition, Dataset

    kinds = ("numerical_columns", "categorical_columns", "text_columns", "datetime_columns", "list_columns")
    definition = {kind: list[str]() for kind in (*kinds, "unknown_columns")} | {declared: list(columns)}
    frame = pd.DataFrame({column: values[place].ravel() for place, column in enumerate(columns)})
    return Dataset.from_pandas(frame, data_definition=DataDefinition(**definition))


def _evidently(own: Own, compared: Comparison, plan: Plan, reference: Any) -> tuple[Mapping[str, float], Any]:
    """Every judged column's distance, and what Evidently's report says."""
    from evidently import Report

    from butter_pipeline.drift.distance import ColumnDistance

    if not compared.judged:
        return {}, {"metrics": [], "tests": []}
    threshold = compared.reference.threshold
    metrics = [ColumnDistance(column=c, method=plan.method, threshold=threshold[c]) for c in compared.judged]
    snapshot = Report(metrics).run(_dataset(own.columns, compared.current), reference)
    said = snapshot.dict()
    return {c: float(found["value"]) for c, found in zip(compared.judged, said["metrics"], strict=True)}, said


def _document(compared: Comparison, plan: Plan, said: Any) -> bytes:
    """The session's report, canonical: no clock and no chance goes into it."""
    whole = {
        "session": compared.session.isoformat(),
        "vintage_session": compared.reference.vintage_session.isoformat(),
        "window_sessions": plan.window_sessions,
        "cannot_be_judged": compared.reason,
        "evidently": said,
    }
    return json.dumps(whole, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def _rows(
    own: Own, compared: Comparison, plan: Plan, distances: Mapping[str, float], report_hash: str
) -> list[dict[str, Any]]:
    threshold = compared.reference.threshold
    drifted = sorted(column for column, found in distances.items() if found >= threshold[column])
    summary = f"{len(drifted)} of {len(distances)} columns drifted{': ' if drifted else ''}{', '.join(drifted)}"
    return [
        {
            "session": compared.session,
            "column_name": column,
            "vintage_session": compared.reference.vintage_session,
            "method": plan.method,
            "statistic": distances.get(column),
            "threshold": threshold.get(column),
            "ratio": distances[column] / threshold[column] if column in distances else None,
            "drifted": int(column in drifted),
            "verdict": f"cannot be judged: {compared.reason[column]}" if column in compared.reason else summary,
            "report_hash": report_hash,
            "available_at": as_of(compared.session),
        }
        for column in sorted(own.columns)
    ]


def render_html(own: Own, session: date, plan: Plan, first_session: date) -> str:
    """The session's report as a page of Evidently's, with its drawings; for people, and not the same twice."""
    from evidently import Report
    from evidently.metrics import ValueDrift

    _refuse_too_little(own, [session], plan, first_session)
    chosen = _cut_off_of([session], plan, first_session)
    if session not in chosen:
        raise ValueError(f"session: no cut-off before the window of {session} has {plan.reference_sessions} sessions")
    reference = references(own, chosen.values(), plan)[chosen[session]]
    compared = comparison(own, session, reference, plan)
    metrics = [ValueDrift(column=c, method=plan.method, threshold=reference.threshold[c]) for c in compared.judged]
    current, base = (_dataset(own.columns, v, "numerical_columns") for v in (compared.current, reference.values))
    snapshot = Report(metrics).run(current, base)
    return str(snapshot.get_html_str(as_iframe=False))
