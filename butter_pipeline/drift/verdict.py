"""From reports to alerts: a fold over sessions that says each session's verdict, and at most one alert in a while.

What belongs here: when reports make an alert. What does not: the reports (`report`), and what an alert sets off
(`intents`).

One report beyond its thresholds may be chance, so an alert wants several columns on several sessions running. A
session without a report breaks the run. The fold looks back over so many sessions and to the last alert, so one
session alone says what it says within a range.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from butter_pipeline.drift.plan import AlertRule
from butter_pipeline.identity import natural_id
from butter_pipeline.market.sessions import as_of, offset, position

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Alert:
    """A vendor's market has drifted; `statistic` and `threshold` are those of the column that went furthest beyond."""

    vendor: str
    session: date
    vintage_session: date
    kind: str
    feature_count: int
    statistic: float
    threshold: float
    available_at: datetime

    @property
    def alert_id(self) -> str:
        """The same for the same report, however often it is made."""
        return natural_id("alert", self.vendor, self.session, self.vintage_session, self.kind)


@dataclass(frozen=True)
class Verdict:
    """What a session's report comes to."""

    session: date
    vintage_session: date
    drifted: tuple[str, ...]
    cannot_be_judged: tuple[str, ...]
    said: str
    alert: Alert | None


def reports_needed(sessions: Sequence[date], rule: AlertRule) -> tuple[date, date]:
    """The first and last session of the reports that verdicts on these sessions rest on."""
    return offset(min(sessions), 1 - rule.sessions), max(sessions)


def verdicts(
    vendor: str, reports: "pa.Table", sessions: Sequence[date], past_alerts: Iterable[date], rule: AlertRule
) -> list[Verdict]:
    """The verdicts of the sessions that have a report, in order; `past_alerts` are the sessions that raised one.

    Past alerts of the sessions themselves do not count: those sessions are being told anew.
    """
    by_session: dict[date, list[dict[str, Any]]] = {}
    for row in reports.to_pylist():
        by_session.setdefault(row["session"], []).append(row)
    alerts = sorted(set(past_alerts) - set(sessions))
    found = []
    for session in sorted(session for session in set(sessions) if session in by_session):
        latest = max((alert for alert in alerts if alert < session), default=None)
        verdict = _verdict(vendor, session, by_session, latest, rule)
        if verdict.alert:
            alerts.append(session)
        found.append(verdict)
    return found


def _verdict(
    vendor: str, session: date, by_session: Mapping[date, list[dict[str, Any]]], latest: date | None, rule: AlertRule
) -> Verdict:
    rows = by_session[session]
    drifted = _drifted(rows)
    unjudged = tuple(sorted(row["column_name"] for row in rows if row["ratio"] is None))
    running = _running(session, by_session, rule)
    cooling = latest is not None and position(session) - position(latest) < rule.cool_down_sessions
    raised = running == rule.sessions and not cooling
    if raised:
        said = f"alert: {len(drifted)} columns beyond their thresholds, {rule.sessions} sessions running"
    elif running and cooling:
        said = f"drifted, but the alert of {latest} is younger than {rule.cool_down_sessions} sessions"
    elif running:
        said = f"drifted on {running} of the {rule.sessions} sessions running that make an alert"
    elif len(rows) - len(unjudged) < rule.columns:
        said = f"cannot be judged: {len(rows) - len(unjudged)} columns can be, an alert needs {rule.columns}"
    else:
        said = f"no drift: {len(drifted)} columns beyond their thresholds, an alert needs {rule.columns}"
    if unjudged:
        said += f"; columns that cannot be judged: {', '.join(unjudged)}"
    alert = _alert(vendor, rows, drifted) if raised else None
    return Verdict(session, rows[0]["vintage_session"], drifted, unjudged, said, alert)


def _drifted(rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(sorted(row["column_name"] for row in rows if row["drifted"]))


def _running(session: date, by_session: Mapping[date, list[dict[str, Any]]], rule: AlertRule) -> int:
    """How many sessions running drifted, up to as many as an alert needs."""
    for back in range(rule.sessions):
        if len(_drifted(by_session.get(offset(session, -back), []))) < rule.columns:
            return back
    return rule.sessions


def _alert(vendor: str, rows: Sequence[Mapping[str, Any]], drifted: tuple[str, ...]) -> Alert:
    furthest = max((row for row in rows if row["drifted"]), key=lambda row: (row["ratio"], row["column_name"]))
    return Alert(
        vendor=vendor,
        session=furthest["session"],
        vintage_session=furthest["vintage_session"],
        kind="features",
        feature_count=len(drifted),
        statistic=furthest["statistic"],
        threshold=furthest["threshold"],
        available_at=as_of(furthest["session"]),
    )
