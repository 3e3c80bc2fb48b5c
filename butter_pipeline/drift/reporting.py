"""Reporting on sessions: from the stored matrix to kept reports, and to alerts with the retraining they ask for.

What belongs here: reading, keeping, and the order of the two. What does not: comparing (`report`), judging
(`verdict`), and what becomes of an intent (`intents`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from butter_pipeline import configs
from butter_pipeline.derivation import Reader, Run
from butter_pipeline.drift import intents
from butter_pipeline.drift.frames import REPORT
from butter_pipeline.drift.plan import Plan
from butter_pipeline.market.sessions import as_of
from butter_pipeline.store import objects

if TYPE_CHECKING:
    import pyarrow as pa

    from butter_pipeline.drift.own import Own

MATRIX = "features.matrix"
PLACE = "drift/reports"
KIND = "features"


@dataclass(frozen=True)
class Page:
    """A page about a session, and where it lies relative to the lake's root."""

    session: date
    uri: str


def reported(
    reader: Reader, sessions: Sequence[date], as_of: datetime, plan: Plan, first_session: date, run: Run
) -> "pa.Table":
    """The reports of the sessions; their documents are kept, and alerts are raised, before the rows are handed out."""
    import pyarrow as pa

    from butter_pipeline.drift.report import reports
    from butter_pipeline.drift.verdict import reports_needed, verdicts

    own = _own(reader, sessions, as_of, plan, first_session)
    if own is None:
        return REPORT.schema.empty_table()
    made = reports(own, sessions, plan, first_session)
    kept = {day: objects.keep(reader.store, PLACE, text, "json").uri for day, text in made.documents.items()}
    needed = reports_needed(sessions, plan.alert)
    before = reader.read(REPORT, needed, as_of)
    earlier = before.filter(pa.compute.less(before["session"], pa.scalar(sessions[0], pa.date32())))
    past = intents.alert_sessions(reader.store, reader.vendor, KIND, sessions[0])
    told = verdicts(reader.vendor, pa.concat_tables([earlier, made.rows]), sessions, past, plan.alert)
    alerts = {kept[each.session]: each.alert for each in told if each.alert is not None}
    intents.raise_alerts(reader.store, alerts, run)
    return made.rows


def page(reader: Reader, plan: Plan, first_session: date) -> Page | None:
    """The latest session's report as a page, kept; none when there is no report yet."""
    from butter_pipeline.drift.report import render_html
    from butter_pipeline.store import outcomes

    last = outcomes.last_session(reader.store, REPORT.asset, reader.vendor)
    if last is None or not reader.read(REPORT, (last, last), as_of(last)).num_rows:
        return None
    own = _own(reader, [last], as_of(last), plan, first_session)
    assert own is not None, "a session with a report has a matrix"
    html = render_html(own, last, plan, first_session).encode()
    return Page(last, objects.keep(reader.store, "drift/pages", html, "html").uri)


def _own(reader: Reader, sessions: Sequence[date], as_of: datetime, plan: Plan, first_session: date) -> "Own | None":
    """What each symbol has of its own over all the sessions that reports on these rest on; none without a matrix."""
    from butter_pipeline.drift.own import own_values
    from butter_pipeline.drift.report import span
    from butter_pipeline.learning.plan import plan_of

    reach = span(sessions, plan, first_session)
    there = [name for name in plan.columns if name in plan_of(configs.load("learning")).features]
    matrix = reader.read(MATRIX, reach, as_of, ["session", "symbol", *there])
    return own_values(matrix, plan.columns, reach) if matrix.num_rows else None
