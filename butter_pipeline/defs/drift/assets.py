"""Drift as assets: a report per session, how matured predictions do, and a page for the week.

What belongs here: the assets, each a few calls of the stage's functions. What does not: comparing and judging
(`drift`), and the retraining that an alert asks for (`retraining.py`).
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

import dagster as dg

from butter_pipeline import beside, configs
from butter_pipeline.defs.derived import Stage, looks_back
from butter_pipeline.defs.metadata import picture
from butter_pipeline.defs.partitions import FIRST_SESSION
from butter_pipeline.defs.resources import House
from butter_pipeline.derivation import ROWS, Product
from butter_pipeline.drift.frames import PERFORMANCE, REPORT
from butter_pipeline.drift.plan import plan_from_config
from butter_pipeline.labels.frames import BUTTERFLY_OUTCOMES
from butter_pipeline.market.sessions import as_of, offset, position
from butter_pipeline.trading.frames import PREDICTIONS

if TYPE_CHECKING:
    import pyarrow as pa

STAGE = Stage("drift", ("butter_pipeline.drift",), ("drift",))
PLAN = plan_from_config(configs.load("drift").values)
MATRIX = "features.matrix"
REPORTED = Product(REPORT, ROWS, beneath=("features/matrix",), reads=(MATRIX,), at_once=True)
PERFORMED = Product(
    PERFORMANCE,
    ROWS,
    beneath=("trading/predictions", "labels/butterfly_outcomes"),
    reads=(BUTTERFLY_OUTCOMES,),
    at_once=True,
)
OPEN_SESSIONS = 8
"""From a decision until its outcome matures."""


@dg.asset(**STAGE.asset(REPORTED, deps=[looks_back("features/matrix", PLAN.lookback_sessions)]))
def report(context: dg.AssetExecutionContext, house: House) -> dg.MaterializeResult:
    """Evidently's report of the latest sessions against the year before: every watched column and its threshold.

    Thresholds are calibrated on history; columns that cannot be judged say why. An alert and the retraining it asks
    for are written in one transaction. Must not see: anything after the session.
    """
    from butter_pipeline.drift.reporting import reported

    run = house.run(context, STAGE.code_version, *STAGE.configurations)

    def make(sessions: Sequence[date], as_of: datetime) -> "pa.Table":
        return beside.call(reported, house.reader(), sessions, as_of, PLAN, FIRST_SESSION, run)

    return STAGE.make(context, house, REPORTED, make, lambda last: _drawn(house, last))


@dg.asset(
    **STAGE.asset(
        PERFORMED,
        deps=[
            looks_back("trading/predictions", PLAN.performance.window_sessions + OPEN_SESSIONS),
            looks_back("labels/butterfly_outcomes", PLAN.performance.window_sessions),
        ],
    )
)
def performance(context: dg.AssetExecutionContext, house: House) -> dg.MaterializeResult:
    """How the predictions that matured lately did, beside the market's own probability and what validation promised.

    `decayed` when their log loss is a tenth worse than promised. Must not see: outcomes that mature later.
    """
    from butter_pipeline.drift.matured import matured
    from butter_pipeline.drift.performance import performance as performed
    from butter_pipeline.registry.versions import promised_log_loss

    reader, window = house.reader(), PLAN.performance.window_sessions

    def make(sessions: Sequence[date], as_of: datetime) -> "pa.Table":
        labels = reader.read(BUTTERFLY_OUTCOMES, (_back(sessions[0], window), sessions[-1]), as_of)
        made = reader.read(PREDICTIONS, (_back(sessions[0], window + OPEN_SESSIONS), sessions[-1]), as_of)
        promised = promised_log_loss(reader.store, reader.vendor)
        return performed(matured(made, labels, promised), sessions, PLAN.performance)

    return STAGE.make(context, house, PERFORMED, make)


@dg.asset(
    group_name="drift",
    key_prefix="drift",
    kinds={"python", "html"},
    deps=[report, performance],
    code_version=STAGE.code_version,
)
def review(house: House) -> dg.MaterializeResult:
    """The week's page: Evidently's drawings of the latest report, kept in the lake, and the drift chart of the year.

    For people; nothing reads it. Must not see: anything after the latest report.
    """
    from butter_pipeline.drift.reporting import page

    kept = beside.call(page, house.reader(), PLAN, FIRST_SESSION)
    if kept is None:
        return dg.MaterializeResult(metadata={"session": "no session has a report yet"})
    shown = {name: picture(png) for name, png in _drawn(house, kept.session).items()}
    return dg.MaterializeResult(metadata={"session": kept.session.isoformat(), "page": kept.uri, **shown})


def _drawn(house: House, last: date) -> Mapping[str, bytes]:
    """The drift chart of the year up to a session."""
    from butter_pipeline.drift import pictures
    from butter_pipeline.drift.intents import alert_sessions

    reader, first = house.reader(), _back(last, 252)
    rows = reader.read(REPORT, (first, last), as_of(last))
    alerts = [session for session in alert_sessions(reader.store, reader.vendor, "features", last) if session >= first]
    return {"drift": pictures.ratios(rows, alerts)} if rows.num_rows else {}


def _back(session: date, sessions: int) -> date:
    """So many sessions earlier, though not before the first partition."""
    reach = position(session) - position(FIRST_SESSION)
    return offset(session, -min(sessions, max(reach, 0)))
