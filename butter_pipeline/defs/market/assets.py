"""Raw market data as assets: actions, bars, chains, context, bars within the day, candidates, a partition per session.

What belongs here: the assets of the market stage, each a call of `market.intake` and its description.
What does not: fetching, judging and keeping, which the pure tree does, and when the assets are made.

Nothing here may see the future: a session is taken in only once it has settled, and a row says from when
the market could know it.
"""

from typing import TYPE_CHECKING, Any

import dagster as dg

from butter_pipeline.defs.derived import UNCHECKED
from butter_pipeline.defs.metadata import column_schema, described, session_check
from butter_pipeline.defs.partitions import SESSIONS, sessions_of
from butter_pipeline.defs.resources import House
from butter_pipeline.frame import Frame
from butter_pipeline.identity import code_version
from butter_pipeline.market.frames import ACTIONS, BARS, CANDIDATES, CHAINS, CONTEXT, IN_LAKE, INTRADAY
from butter_pipeline.market.sessions import as_of, offset

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from butter_pipeline.derivation import Reader
    from butter_pipeline.store import Store
    from butter_pipeline.store.outcomes import Outcome

DRAWN_SESSIONS = 63
CODE_VERSION = code_version("butter_pipeline.market")
STAGE: dict[str, Any] = {
    "group_name": "market",
    "key_prefix": "market",
    "partitions_def": SESSIONS,
    "backfill_policy": dg.BackfillPolicy.single_run(),
    "code_version": CODE_VERSION,
}

feed = dg.AssetSpec(
    ["market", "feed"],
    group_name="market",
    kinds={"source"},
    description="The vendor's side: the embedded market, a folder of files, Tradier, Databento, or your own.\n\n"
    "Nothing is stored under this key; it stands for what the other assets of this stage read from outside.",
)


@dg.asset(
    **STAGE,
    deps=[feed],
    kinds={"python", "postgres"},
    metadata=column_schema(ACTIONS),
    check_specs=UNCHECKED,
)
def actions(context: dg.AssetExecutionContext, house: House) -> dg.MaterializeResult:
    """Splits, dividends, spin-offs and rolls of futures, each in the session from which it counts.

    What an action does to earlier prices is worked out by whoever reads them; raw rows stay. Must not see: an action
    before it was announced.
    """
    return _taken_in(context, house, ACTIONS)


@dg.asset(
    **STAGE,
    deps=[feed, actions],
    kinds={"python", "postgres"},
    metadata=column_schema(BARS),
    check_specs=[session_check("bars")],
)
def bars(context: dg.AssetExecutionContext, house: House) -> dg.MaterializeResult:
    """Daily open, high, low, close and volume of every symbol; raw prices, kept in `market.bars`.

    A corrected row is added with its time of receipt, never written over. Must not see: anything
    after the session's close.
    """
    return _taken_in(context, house, BARS)


@dg.asset(
    **STAGE,
    deps=[feed, bars],
    kinds={"python", "parquet"},
    metadata=column_schema(CHAINS),
    check_specs=[session_check("chains")],
)
def chains(context: dg.AssetExecutionContext, house: House) -> dg.MaterializeResult:
    """Closing quotes of every listed option, one Parquet file per session in the lake.

    Judged against the session's bars (the underlying's price, put-call parity), so a session whose bars
    are blocked is blocked here too. Must not see: anything after the session's close.
    """
    return _taken_in(context, house, CHAINS)


@dg.asset(
    **STAGE,
    deps=[feed, bars],
    kinds={"python", "postgres"},
    metadata=column_schema(CONTEXT),
    check_specs=[session_check("context")],
)
def context(context: dg.AssetExecutionContext, house: House) -> dg.MaterializeResult:
    """What surrounds the symbols: the volatility index and its term structure, sectors, the short rate.

    One row per series and session in `market.context`. Must not see: anything after the session's close.
    """
    return _taken_in(context, house, CONTEXT)


@dg.asset(
    **STAGE,
    deps=[feed],
    kinds={"python", "parquet"},
    metadata=column_schema(INTRADAY),
    check_specs=[session_check("intraday")],
)
def intraday(context: dg.AssetExecutionContext, house: House) -> dg.MaterializeResult:
    """Bars within the day, of vendors that offer them; one Parquet file per session in the lake.

    A bar can be known from its end and the vendor's lag. Must not see: anything after the session's close; what
    trades later belongs to the session that follows.
    """
    return _taken_in(context, house, INTRADAY)


@dg.asset(
    **STAGE,
    deps=[feed, bars],
    kinds={"python", "postgres"},
    metadata=column_schema(CANDIDATES),
    check_specs=[session_check("candidates")],
)
def candidates(context: dg.AssetExecutionContext, house: House) -> dg.MaterializeResult:
    """Instruments that an outside source proposes, long or short, each with its confidence and reasoning.

    The raw answers are in `market.candidate_answers`: what a model said cannot be computed again. Must not see:
    anything after the session's close; a model is asked on the session's own evening only.
    """
    from butter_pipeline.market.candidates import take_in

    run = house.run(context, CODE_VERSION)
    asked = house.store(), house.vendor(), house.candidate_source()
    return described(context, list(take_in(*asked, sessions_of(context), run)), {})


def _taken_in(context: dg.AssetExecutionContext, house: House, frame: Frame) -> dg.MaterializeResult:
    from butter_pipeline.market.intake import take_in

    store, vendor = house.store(), house.vendor()
    run = house.run(context, CODE_VERSION)
    outcomes = list(take_in(store, vendor, frame, sessions_of(context), run))
    return described(context, outcomes, _pictures(store, vendor.name, frame, outcomes))


def _pictures(store: "Store", vendor: str, frame: Frame, outcomes: "Sequence[Outcome]") -> dict[str, bytes]:
    """What the run took in, drawn from what is stored, and how complete it came."""
    from butter_pipeline import configs
    from butter_pipeline.derivation import Reader
    from butter_pipeline.market import coverage_pictures, pictures

    if frame is ACTIONS:
        return {}
    arrived = {frame.name: {outcome.session: outcome.completeness_pct or 0.0 for outcome in outcomes}}
    least_pct = configs.value("market", "quality", dict)["completeness_pct"]
    drawn = {"completeness": coverage_pictures.completeness(arrived, least_pct)}
    made = [outcome.session for outcome in outcomes if outcome.rows]
    if made:
        first = made[-1] if frame in IN_LAKE else made[0]
        table = Reader(store, vendor).read(frame, (first, made[-1]), as_of(made[-1]))
        if table.num_rows:
            drawn["plot"] = pictures.drawing_of(frame.name)(table)
        if frame is BARS:
            drawn |= _last_split(Reader(store, vendor), made)
    return drawn


def _last_split(reader: "Reader", sessions: "Sequence[date]") -> dict[str, bytes]:
    """The bars around the run's last split, as quoted and on one basis."""
    import pyarrow.compute as pc

    from butter_pipeline.market.actions.pictures import raw_and_adjusted

    told = reader.actions(sessions[0], as_of(sessions[-1])).to_pylist() if sessions else []
    splits = [row for row in told if row["kind"] == "split" and row["session"] in sessions]
    if not splits:
        return {}
    symbol, ex = splits[-1]["symbol"], splits[-1]["session"]
    span = (offset(ex, -DRAWN_SESSIONS), min(sessions[-1], offset(ex, DRAWN_SESSIONS)))
    moment = as_of(span[1])
    raw, adjusted = (
        bars.filter(pc.equal(bars["symbol"], symbol))
        for bars in (reader.raw_bars(span, moment), reader.read(BARS, span, moment))
    )
    title = f"{symbol}: {splits[-1]['ratio']:g} new shares for one, from {ex} on"
    return {"split": raw_and_adjusted(raw, adjusted, title)} if raw.num_rows else {}
