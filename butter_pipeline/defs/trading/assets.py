"""The book as assets: decisions, order intents, executions, outcomes and books, folded session by session.

What belongs here: the one node that makes them all, a call of `trading.fold`, and their description. What does
not: what a session of the desk is (`trading.step`), and predictions (`predictions.py`).

Orders never leave from a run: order intents are the outbox of whoever holds the broker's connection. The
embedded broker fills inside the fold.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import dagster as dg

from butter_pipeline import configs
from butter_pipeline.defs.derived import Stage
from butter_pipeline.defs.metadata import column_schema, described, session_check
from butter_pipeline.defs.partitions import SESSIONS, sessions_of
from butter_pipeline.defs.resources import House
from butter_pipeline.frame import Frame
from butter_pipeline.trading.frames import BOOKS, DECISIONS, EXECUTIONS, ORDER_INTENTS, OUTCOMES

if TYPE_CHECKING:
    from butter_pipeline.store.outcomes import Outcome
    from butter_pipeline.trading.desk import Desk

STAGE = Stage(
    "trading",
    (
        "butter_pipeline.trading",
        "butter_pipeline.policy.weightings",
        "butter_pipeline.backtest",
        "butter_pipeline.market.actions",
    ),
    ("trading", "opportunities", "costs"),
)
PICTURED_SESSIONS = 252

BOOK_BEFORE = dg.AssetDep(
    BOOKS.asset.split("/"), partition_mapping=dg.TimeWindowPartitionMapping(start_offset=-1, end_offset=-1)
)
"""The book after the session before: what makes the node a fold.

Only the book says so: within one node Dagster wants its assets in an order, and looks at no mapping."""


def _spec(frame: Frame, deps: Sequence[str | dg.AssetDep], description: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        frame.asset.split("/"),
        deps=[key if isinstance(key, dg.AssetDep) else key.split("/") for key in deps],
        group_name=STAGE.name,
        kinds={"python", "postgres"},
        code_version=STAGE.code_version,
        metadata=column_schema(frame),
        description=description,
    )


SPECS = (
    _spec(
        DECISIONS,
        ("trading/predictions", "policy/weights", "opportunities/butterflies"),
        "What each arm decided about the best butterfly of every symbol, and why; a row stands as first written.\n\n"
        "Must not see: anything after the session.",
    ),
    _spec(
        ORDER_INTENTS,
        ("trading/decisions",),
        "Orders that are wanted in the next session: to open what was decided, to close what has had its time.\n\n"
        "The outbox of whoever holds the broker's connection; nothing is sent from here. Must not see: anything "
        "after the session.",
    ),
    _spec(
        EXECUTIONS,
        ("opportunities/marks",),
        "What the session before asked for, as it was filled at this session's marks, per arm.\n\n"
        "Must not see: what this session decides.",
    ),
    _spec(
        OUTCOMES,
        ("trading/executions",),
        "What every position that was closed in the session came to, beside the probability that its decision rested "
        "on.\n\nMust not see: anything after the session.",
    ),
    _spec(
        BOOKS,
        ("trading/order_intents", "trading/outcomes", "opportunities/marks", BOOK_BEFORE),
        "Each arm's cash, positions and orders after the session: the state from which the next one goes on.\n\n"
        "Must not see: anything after the session.",
    ),
)


@dg.multi_asset(
    name="trading_book",
    specs=SPECS,
    check_specs=[session_check(BOOKS.name, STAGE.name)],
    partitions_def=SESSIONS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    pool="book",
)
def trading_book(context: dg.AssetExecutionContext, house: House) -> Iterator[dg.MaterializeResult]:
    """Both arms through their sessions, one after another."""
    from butter_pipeline.trading.fold import Fold

    run = house.run(context, STAGE.code_version, *STAGE.configurations)
    outcomes = list(Fold(house.store(), run, _desk(run.vendor)).over(sessions_of(context)))
    for spec in SPECS:
        mine = [outcome for outcome in outcomes if outcome.asset == spec.key.to_user_string()]
        yield described(context, mine, _pictures(house, mine) if spec is SPECS[-1] else {})


def _pictures(house: House, outcomes: Sequence["Outcome"]) -> Mapping[str, bytes]:
    """The book over the year up to the last session that was made."""
    from butter_pipeline.market.sessions import as_of, offset
    from butter_pipeline.trading import pictures

    last = max((outcome.session for outcome in outcomes if outcome.rows), default=None)
    if last is None:
        return {}
    books = house.reader().read(BOOKS, (offset(last, 1 - PICTURED_SESSIONS), last), as_of(last))
    return {"equity": pictures.equity(books), "open_positions": pictures.open_positions(books)}


def _desk(vendor: str) -> "Desk":
    from butter_pipeline.backtest.fills import costs_from_config
    from butter_pipeline.policy.weightings import weighting_of
    from butter_pipeline.trading.desk import desk_from_config

    static = weighting_of(configs.value("opportunities", "weights", dict), "opportunities.yml: weights")
    costs = costs_from_config(configs.load("costs").values)
    return desk_from_config(configs.load("trading").values, vendor, static, costs)
