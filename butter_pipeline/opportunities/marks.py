"""Marks: what every open opportunity would cost and fetch, session by session until its exit.

What belongs here: finding the legs' quotes in a session's chains and filling them. What does not: what came of an
opportunity (`labels`, which reads marks), and anything but quotes of the row's own session.

An opportunity has a row from the session that found it (age 0) to the exit (age 8). A leg that is not quoted has
null quotes, and the row no cost and no value. In the contracts' last session what is not quoted is settled: worth
its payoff at the underlying's price, commission taken off.

Over a split a row goes on with what the contracts have become (`market.actions.contracts`): strikes and quotes are
those of the row's own session, and amounts are for all the contracts that the one butterfly found has turned into, so
that they can be compared with those of earlier rows.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from butter_pipeline.backtest.fills import LEGS, Costs, Quotes, close_value_usd, mid_usd, open_cost_usd
from butter_pipeline.market.actions.adjust import Action
from butter_pipeline.market.actions.contracts import Carried, Held, carried, leg_payoff
from butter_pipeline.opportunities.columns import (
    NOWHERE,
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


def marks(
    chains: pa.Table, butterflies: pa.Table, sessions: Sequence[date], costs: Costs, actions: Sequence[Action] = ()
) -> pa.Table:
    """The rows of MARKS of these sessions, for the butterflies found in them and in the eight sessions before.

    `actions` are those since the first of them was found, as known in these sessions.
    """
    rows, session = _open(butterflies, session_days(sessions))
    marked = butterflies.take(pa.array(rows))
    now = carried(_strikes(marked), Held(marked["symbol"], days(marked, "session"), session), actions)
    marked = _with_strikes(marked, now) if now.is_changed.any() else marked
    age = places(session) - places(days(marked, "session"))
    spot = _spot(chains, marked, session)
    quotes = _quotes(chains, marked, session, now)
    worth = np.where(_is_last(marked, session), _settled(marked, spot, now) * costs.multiplier * now.units, np.nan)
    bare, commission = replace(costs, commission_per_contract_usd=0.0), costs.commission_usd * now.contracts
    mid, value = mid_usd(quotes, costs) * now.units, close_value_usd(quotes, bare) * now.units - commission
    columns = {
        "session": dates(session),
        "opened_session": marked["session"],
        "age_sessions": age,
        **{name: marked[name] for name in _SAME},
        **{f"{leg}_bid": quotes.bid[place] for place, leg in enumerate(LEGS)},
        **{f"{leg}_ask": quotes.ask[place] for place, leg in enumerate(LEGS)},
        "underlying_price": spot,
        "mid_usd": np.where(np.isnan(mid), worth, mid),
        "open_cost_usd": open_cost_usd(quotes, bare) * now.units + commission,
        "close_value_usd": np.where(np.isnan(value), worth - commission, value),
        "available_at": settled_at(session),
    }
    return table_of(MARKS.schema, columns).sort_by([(name, "ascending") for name in MARKS.key])


def _strikes(marked: pa.Table) -> Floats:
    return np.stack([numbers(marked, f"{leg}_strike") for leg in LEGS])


def _with_strikes(marked: pa.Table, now: Carried) -> pa.Table:
    """The butterflies with the strikes that they have in the rows' own sessions."""
    for place, leg in enumerate(LEGS):
        column = marked.schema.get_field_index(f"{leg}_strike")
        marked = marked.set_column(column, marked.schema.field(column), pa.array(now.strikes[place]))
    return marked


def _open(butterflies: pa.Table, sessions: Ints) -> tuple[Ints, Ints]:
    """Every butterfly with every wanted session of its life: rows, and sessions in days since 1970."""
    opened, wanted = places(days(butterflies, "session")), places(sessions)
    age = wanted[None, :] - opened[:, None]
    row, column = np.nonzero((age >= 0) & (age <= EXIT_AGE_SESSIONS))
    return row, sessions[column]


def _quotes(chains: pa.Table, marked: pa.Table, session: Ints, now: Carried) -> Quotes:
    """The legs' quotes in the rows' own sessions; none for what no chain can quote."""
    index = Index(chains, _CONTRACT)
    wanted = pa.table({"session": dates(session), "symbol": marked["symbol"], "expiry": marked["expiry"]})
    wanted = wanted.append_column("right", marked["option_right"])
    found = (index.rows(wanted.append_column("strike", marked[f"{leg}_strike"])) for leg in LEGS)
    rows = [np.where(now.is_quoted, row, NOWHERE) for row in found]
    bid, ask = numbers(chains, "bid"), numbers(chains, "ask")
    return Quotes(np.stack([taken(bid, row) for row in rows]), np.stack([taken(ask, row) for row in rows]))


def _spot(chains: pa.Table, marked: pa.Table, session: Ints) -> Floats:
    """The underlying's price in the rows' own sessions, nan where the symbol has no chain."""
    prices = chains.group_by(["session", "symbol"]).aggregate([("underlying_price", "max")])
    wanted = pa.table({"session": dates(session), "symbol": marked["symbol"]})
    return taken(numbers(prices, "underlying_price_max"), Index(prices, ("session", "symbol")).rows(wanted))


def _is_last(marked: pa.Table, session: Ints) -> NDArray[np.bool_]:
    """Whether it is the contracts' last session."""
    return np.asarray(places(session) == places(days(marked, "expiry")))


def _settled(marked: pa.Table, spot: Floats, now: Carried) -> Floats:
    """What the contracts are worth per share when they are settled; nan for a basket that nobody can value here."""
    strikes = _strikes(marked)
    worth = payoff(spot, Strikes(*strikes))
    if now.is_changed.any():
        # Rounded to cents the wings need not stand equally far from the body any more.
        is_call = pc.equal(marked["option_right"], "C").to_numpy()
        worth = np.where(now.is_changed, leg_payoff(is_call, spot, strikes), worth)
    return np.asarray(np.where(now.is_quoted, worth, np.nan))
