"""Marts as assets: coverage of the market data, how the arms do, and whether probabilities come true.

What belongs here: the assets of the marts stage. What does not: the SQL (`dbt_project/models/marts`), and
describing what dbt did (`defs.labels.models`).
"""

from collections.abc import Mapping, Sequence
from datetime import date

import dagster as dg

from butter_pipeline import configs
from butter_pipeline.defs.automation import follows_what_is_made_by_itself
from butter_pipeline.defs.derived import looks_back
from butter_pipeline.defs.labels.models import DbtStage, Made
from butter_pipeline.defs.partitions import FIRST_SESSION
from butter_pipeline.defs.resources import House
from butter_pipeline.market.sessions import as_of, offset
from butter_pipeline.marts.frames import ARM_PERFORMANCE, CALIBRATION, LOOK_BACK_SESSIONS, SESSION_COVERAGE

STAGE = DbtStage("marts")
YEAR_SESSIONS = 252
COVERED_SESSIONS = 4 * YEAR_SESSIONS
RAW = ("bars", "chains", "context")
FOLLOWS = follows_what_is_made_by_itself()

follow = dg.AutomationConditionSensorDefinition(
    "marts_follow",
    target=dg.AssetSelection.groups("marts"),
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Makes a session of the marts again when something beneath it was made without them.",
)


@dg.asset(**STAGE.asset(SESSION_COVERAGE, deps=[["market", name] for name in RAW], automation_condition=FOLLOWS))
def session_coverage(context: dg.AssetExecutionContext, house: House) -> Made:
    """What every raw dataset of a session came to, and whether the whole session can be used; a view.

    Shows what is blocked as well, so nothing beneath can block it. Must not see: other sessions' outcomes.
    """
    from butter_pipeline.labels.sessions import Model

    yield from STAGE.make(context, house, Model(SESSION_COVERAGE), lambda sessions: _covered(house, sessions[-1]))


def _covered(house: House, last: date) -> Mapping[str, bytes]:
    """The raw datasets of the last years: missing and blocked sessions, completeness, and what was put aside."""
    from butter_pipeline.market import coverage_pictures as pictures
    from butter_pipeline.market.coverage import coverage

    reader = house.reader()
    span = (max(offset(last, -COVERED_SESSIONS), FIRST_SESSION), last)
    found = coverage(reader.store, reader.vendor, [f"market/{name}" for name in RAW], span)
    statuses = {name: {day: o.status for day, o in known.items()} for name, known in found.outcomes.items()}
    percents = {
        name: {day: o.completeness_pct or 0.0 for day, o in known.items()} for name, known in found.outcomes.items()
    }
    return {
        "missing_sessions": pictures.calendar_map(statuses, span),
        "completeness": pictures.completeness(percents, configs.value("market", "quality", dict)["completeness_pct"]),
        "quarantine": pictures.put_aside(found.put_aside, span),
    }


@dg.asset(
    **STAGE.asset(ARM_PERFORMANCE, deps=[["trading", "books"], ["trading", "outcomes"]], automation_condition=FOLLOWS)
)
def arm_performance(context: dg.AssetExecutionContext, house: House) -> Made:
    """How each arm stood after the session: equity, drawdown, trades and profit, and the Sharpe ratio of its year.

    For people to look at; nothing that trades reads it. Must not see: books and outcomes of later sessions.
    """
    from butter_pipeline.labels.sessions import Model
    from butter_pipeline.marts import pictures

    reader = house.reader()

    def draw(sessions: Sequence[date]) -> Mapping[str, bytes]:
        span = (offset(sessions[-1], -YEAR_SESSIONS), sessions[-1])
        return {"equity": pictures.equity(reader.read(ARM_PERFORMANCE, span, as_of(span[-1])))}

    model = Model(ARM_PERFORMANCE, ("trading/books", "trading/outcomes"), LOOK_BACK_SESSIONS["arm_performance"])
    yield from STAGE.make(context, house, model, draw)


@dg.asset(
    **STAGE.asset(
        CALIBRATION,
        deps=[looks_back("trading/predictions", 133), looks_back("labels/butterfly_outcomes", 125)],
        automation_condition=FOLLOWS,
    )
)
def calibration(context: dg.AssetExecutionContext, house: House) -> Made:
    """Whether probabilities came true: predictions that matured in the last 126 sessions, beside the market's own.

    By tenths of the probability and model. Must not see: labels that were not known when the session had settled.
    """
    from butter_pipeline.labels.sessions import Model
    from butter_pipeline.marts import pictures

    reader = house.reader()

    def draw(sessions: Sequence[date]) -> Mapping[str, bytes]:
        last = sessions[-1]
        return {"calibration": pictures.calibration(reader.read(CALIBRATION, (last, last), as_of(last)))}

    beneath = ("trading/predictions", "labels/butterfly_outcomes")
    yield from STAGE.make(context, house, Model(CALIBRATION, beneath, LOOK_BACK_SESSIONS["calibration"]), draw)
