"""Opportunities as assets: butterflies, their marks, and the strategies' signals, session by session.

What belongs here: the assets of the opportunities stage, each a call of its pure function and its description.
What does not: finding, scoring and marking.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING

import dagster as dg

from butter_pipeline import configs
from butter_pipeline.defs.derived import UNCHECKED, Stage, looks_back
from butter_pipeline.defs.resources import House
from butter_pipeline.derivation import ROWS, Product
from butter_pipeline.market.frames import ACTIONS, BARS, CHAINS
from butter_pipeline.market.sessions import as_of, offset
from butter_pipeline.opportunities.frames import BUTTERFLIES, MARKS, SIGNALS

if TYPE_CHECKING:
    import pyarrow as pa

    from butter_pipeline.opportunities.butterflies import Analyzer
    from butter_pipeline.opportunities.signals import Desk

PACKAGES = ("opportunities", "strategies", "options", "backtest.fills", "policy.weightings", "market.actions")
STAGE = Stage("opportunities", tuple(f"butter_pipeline.{name}" for name in PACKAGES), ("opportunities", "costs"))
MATRIX, MATRIX_FILES = "features/matrix", "features.matrix"
HELD_SESSIONS = 8
DRAWN_SESSIONS = 63

FOUND = Product(BUTTERFLIES, ROWS, beneath=(CHAINS.asset, MATRIX), reads=(CHAINS, MATRIX_FILES))
MARKED = Product(MARKS, ROWS, beneath=(CHAINS.asset, BUTTERFLIES.asset), reads=(CHAINS, BUTTERFLIES, ACTIONS))
GIVEN = Product(SIGNALS, ROWS, beneath=(BARS.asset, MATRIX), reads=(BARS, MATRIX_FILES), at_once=True)


@dg.asset(**STAGE.asset(FOUND, deps=[CHAINS.asset.split("/"), MATRIX.split("/")]))
def butterflies(context: dg.AssetExecutionContext, house: House) -> dg.MaterializeResult:
    """The best butterflies that each symbol's chain offers: scored, priced, with the market's own probability.

    Costs are those of the closing bid and ask. Must not see: quotes or features of any other session, or what
    became of a butterfly.
    """
    from butter_pipeline.opportunities import butterflies, pictures

    reader = house.reader()
    analyzer = _analyzer(reader.vendor)

    def make(sessions: Sequence[date], moment: datetime) -> "pa.Table":
        chains, features = (reader.read(what, (sessions[0], sessions[-1]), moment) for what in (CHAINS, MATRIX_FILES))
        return butterflies.butterflies(chains, features, sessions, analyzer)

    def draw(last: date) -> Mapping[str, bytes]:
        rows = reader.read(BUTTERFLIES, (last, last), as_of(last))
        return {"best": pictures.best(rows), "scores": pictures.score_distribution(rows)}

    return STAGE.make(context, house, FOUND, make, draw)


@dg.asset(
    **STAGE.asset(
        MARKED,
        deps=[
            CHAINS.asset.split("/"),
            *(looks_back(each, HELD_SESSIONS) for each in (ACTIONS.asset, BUTTERFLIES.asset)),
        ],
        check_specs=UNCHECKED,
    )
)
def marks(context: dg.AssetExecutionContext, house: House) -> dg.MaterializeResult:
    """What every butterfly found in the last eight sessions would cost to open and fetch if closed, leg by leg.

    A leg that nobody quotes leaves its row without a value; in their last session contracts without a quote are
    settled. Over a split it goes on with what the contracts have become. Must not see: quotes of any session but the
    row's own.
    """
    from butter_pipeline.backtest.fills import costs_from_config
    from butter_pipeline.market.actions.adjust import in_effect
    from butter_pipeline.opportunities.marks import marks

    reader, costs = house.reader(), costs_from_config(configs.load("costs").values)

    def make(sessions: Sequence[date], moment: datetime) -> "pa.Table":
        chains = reader.read(CHAINS, (sessions[0], sessions[-1]), moment)
        first = offset(sessions[0], -HELD_SESSIONS)
        found = reader.read(BUTTERFLIES, (first, sessions[-1]), moment)
        return marks(chains, found, sessions, costs, in_effect(reader.actions(first, moment), moment))

    return STAGE.make(context, house, MARKED, make)


@dg.asset(**STAGE.asset(GIVEN, deps=[BARS.asset.split("/"), MATRIX.split("/")], check_specs=UNCHECKED))
def signals(context: dg.AssetExecutionContext, house: House) -> dg.MaterializeResult:
    """What the strategies on bars say after each session's close: long or short, with a stop and a target.

    Must not see: bars or features of any session but the row's own; the features look back by themselves.
    """
    from butter_pipeline.opportunities import pictures, signals

    reader = house.reader()
    desk = _desk(reader.vendor)

    def make(sessions: Sequence[date], moment: datetime) -> "pa.Table":
        bars, features = (reader.read(what, (sessions[0], sessions[-1]), moment) for what in (BARS, MATRIX_FILES))
        return signals.signals(bars, features, sessions, desk)

    def draw(last: date) -> Mapping[str, bytes]:
        rows = reader.read(SIGNALS, (offset(last, -DRAWN_SESSIONS), last), as_of(last))
        return {"signals": pictures.signal_counts(rows)}

    return STAGE.make(context, house, GIVEN, make, draw)


def _analyzer(vendor: str) -> "Analyzer":
    from butter_pipeline.backtest.fills import costs_from_config
    from butter_pipeline.opportunities.butterflies import Analyzer
    from butter_pipeline.opportunities.search import search_from_config
    from butter_pipeline.policy.weightings import weighted, weighting_of

    static = weighting_of(configs.value("opportunities", "weights", dict), "opportunities.yml: weights")
    search = search_from_config(configs.value("opportunities", "butterflies", dict))
    weigh = partial(weighted, weighting=static)
    return Analyzer(vendor, search, weigh, costs_from_config(configs.load("costs").values))


def _desk(vendor: str) -> "Desk":
    from butter_pipeline.opportunities.signals import Desk
    from butter_pipeline.strategies import strategies_from_config

    return Desk(vendor, strategies_from_config(configs.value("opportunities", "strategies", dict)))
