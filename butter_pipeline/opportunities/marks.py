"""Marks: what every open opportunity would cost and fetch, session by session until its exit.

What belongs here: finding the legs' quotes in a session's chains and filling them. What does not: what came of an
opportunity (`labels`, which reads marks), and anything but quotes of the row's own session.

An opportunity has a row from the session that found it (age 0) to the exit (age 8). A leg that is not quoted has
null quotes, and the row no cost and no value. In the contracts' last session what is not quoted is settled: worth
its payoff at the underlying's price, commission taken off.
"""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pyarrow as pa

from butter_pipeline.backtest.fills import LEGS, Costs, Quotes, close_value_usd, mid_usd, open_cost_usd
from butter_pipeline.opportunities.columns import (
    Floats,
    Index,
    Ints,
    dates,
    days,
    numbers,
    places,
    session_days,
    settled_at,
    table_of,
    taken,
)
from butter_pipeline.opportunities.frames import MARKS
from butter_pipeline.opportunities.search import EXIT_AGE_SESSIONS
from butter_pipeline.options.butterfly import Strikes, payoff

_CONTRACT = ("session", "symbol", "expiry", "strike", "right")
_SAME = ("opportunity_id", "symbol", "expiry", "lower_strike", "body_strike", "upper_strike")


def marks(chains: pa.Table, butterflies: pa.Table, sessions: Sequence[date], costs: Costs) -> pa.Table:
    """The rows of MARKS of these sessions, for the butterflies found in them and in the eight sessions before."""
    rows, session = _open(butterflies, session_days(sessions))
    marked = butterflies.take(pa.array(rows))
    age = places(session) - places(days(marked, "session"))
    spot = _spot(chains, marked, session)
    quotes = _quotes(chains, marked, session)
    worth = _settled_usd(marked, session, spot, costs)
    mid, value = mid_usd(quotes, costs), close_value_usd(quotes, costs)
    columns = {
        "session": dates(session),
        "opened_session": marked["session"],
        "age_sessions": age,
        **{name: marked[name] for name in _SAME},
        **{f"{leg}_bid": quotes.bid[place] for place, leg in enumerate(LEGS)},
        **{f"{leg}_ask": quotes.ask[place] for place, leg in enumerate(LEGS)},
        "underlying_price": spot,
        "mid_usd": np.where(np.isnan(mid), worth, mid),
        "open_cost_usd": open_cost_usd(quotes, costs),
        "close_value_usd": np.where(np.isnan(value), worth - costs.commission_usd, value),
        "available_at": settled_at(session),
    }
    return table_of(MARKS.schema, columns).sort_by([(name, "ascending") for name in MARKS.key])


def _open(butterflies: pa.Table, sessions: Ints) -> tuple[Ints, Ints]:
    """Every butterfly with every wanted session of its life: rows, and sessions in days since 1970."""
    opened, wanted = places(days(butterflies, "session")), places(sessions)
    age = wanted[None, :] - opened[:, None]
    row, column = np.nonzero((age >= 0) & (age <= EXIT_AGE_SESSIONS))
    return row, sessions[column]


def _quotes(chains: pa.Table, marked: pa.Table, session: Ints) -> Quotes:
    """The legs' quotes in the rows' own sessions."""
    index = Index(chains, _CONTRACT)
    wanted = pa.table({"session": dates(session), "symbol": marked["symbol"], "expiry": marked["expiry"]})
    wanted = wanted.append_column("right", marked["option_right"])
    rows = [index.rows(wanted.append_column("strike", marked[f"{leg}_strike"])) for leg in LEGS]
    bid, ask = numbers(chains, "bid"), numbers(chains, "ask")
    return Quotes(np.stack([taken(bid, row) for row in rows]), np.stack([taken(ask, row) for row in rows]))


def _spot(chains: pa.Table, marked: pa.Table, session: Ints) -> Floats:
    """The underlying's price in the rows' own sessions, nan where the symbol has no chain."""
    prices = chains.group_by(["session", "symbol"]).aggregate([("underlying_price", "max")])
    wanted = pa.table({"session": dates(session), "symbol": marked["symbol"]})
    return taken(numbers(prices, "underlying_price_max"), Index(prices, ("session", "symbol")).rows(wanted))


def _settled_usd(marked: pa.Table, session: Ints, spot: Floats, costs: Costs) -> Floats:
    """What the contracts are worth in their last session; nan in every other."""
    strikes = Strikes(*(numbers(marked, f"{leg}_strike") for leg in LEGS))
    is_last = places(session) == places(days(marked, "expiry"))
    return np.asarray(np.where(is_last, payoff(spot, strikes) * costs.multiplier, np.nan))
