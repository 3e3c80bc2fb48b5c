"""Option contracts carried over corporate actions, as the clearing house does it.

What belongs here: what becomes of strikes, numbers of contracts and the shares that one delivers. What does not: bars
(`adjust`), quotes and costs.

| action | strike | contracts | shares that one delivers |
|---|---|---|---|
| split by a whole number (7:1) | / ratio, to the cent | x ratio | as before |
| any other split (3:2, 1:10) | / ratio, to the cent | as before | x ratio |
| special_dividend of `cash` | - cash, to the cent | as before | as before |
| dividend, roll, earnings | as before | as before | as before |
| spin_off worth `cash` | - cash, to the cent: the basket, as it was worth then | as before | as before |

`contracts` of an action overrides the rule where the clearing house said otherwise. Halves of a cent are rounded up.
A listed contract of the carried strike is taken for the carried one: after a split that is not whole both are, per
share, the same claim. After a spin-off none is: no chain quotes the basket, so that such a contract has no quotes from
then on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from butter_pipeline.market.actions.adjust import Action, CannotAdjust, in_effect

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SHARES = 100.0
"""What one standard contract delivers."""
CARRIED = ("split", "special_dividend", "spin_off")
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Held:
    """Contracts, one element each: whose, since the close of which session, until which (days since 1970)."""

    symbols: pa.ChunkedArray
    since: Ints
    until: Ints


@dataclass(frozen=True)
class Carried:
    """What they have become. `strikes` is [leg, element]; `is_quoted` where a chain can quote them at all."""

    strikes: Floats
    contracts: Floats  # per contract held
    shares: Floats  # per contract now, relative to what one delivered before
    is_changed: NDArray[np.bool_]
    is_quoted: NDArray[np.bool_]

    @property
    def units(self) -> Floats:
        """Shares that one contract held now comes to, relative to before."""
        return np.asarray(self.contracts * self.shares)


def carried(strikes: Floats, held: Held, actions: Sequence[Action]) -> Carried:
    """The contracts at the close of their last session; actions in the order of their sessions."""
    strikes = strikes.copy()
    count = held.since.size
    contracts, shares = np.ones(count), np.ones(count)
    is_changed, is_quoted = np.zeros(count, dtype=np.bool_), np.ones(count, dtype=np.bool_)
    for action in actions:
        if action.kind not in CARRIED:
            continue
        day = (action.session - EPOCH).days
        where = pc.equal(held.symbols, action.symbol).to_numpy() & (held.since < day) & (day <= held.until)
        if not where.any():
            continue
        number, delivered = terms(action)
        contracts[where] *= number
        shares[where] *= delivered
        strikes[:, where] = carried_strikes(strikes[:, where], action)
        is_changed |= where
        is_quoted &= ~(where & (action.kind == "spin_off"))
    return Carried(strikes, contracts, shares, is_changed, is_quoted)


def terms(action: Action) -> tuple[float, float]:
    """The contracts that one becomes, and the shares that each of them delivers, relative to before.

    >>> split = Action(date(2014, 6, 9), "AAPL", "split", 7.0, None, None, None)
    >>> terms(split)
    (7.0, 1.0)
    """
    if action.kind != "split" or action.ratio is None:
        return 1.0, 1.0
    number = action.contracts
    if number is None:
        number = action.ratio if action.ratio >= 1.0 and action.ratio.is_integer() else 1.0
    return number, action.ratio / number


def carried_strikes(strikes: Floats, action: Action) -> Floats:
    """The strikes after an action.

    >>> split = Action(date(2014, 6, 9), "AAPL", "split", 7.0, None, None, None)
    >>> carried_strikes(np.array([640.0, 645.0, 650.0]), split).tolist()
    [91.43, 92.14, 92.86]
    """
    if action.kind == "split" and action.ratio is not None:
        return to_the_cent(strikes / action.ratio)
    if action.kind in ("special_dividend", "spin_off") and action.cash is not None:
        return to_the_cent(strikes - action.cash)
    return strikes


def leg_payoff(is_call: NDArray[np.bool_], spot: Floats, strikes: Floats) -> Floats:
    """What a butterfly of any three strikes, [lower, body, upper], is worth at expiry, per share."""
    legs = np.maximum(np.where(is_call, spot - strikes, strikes - spot), 0.0)
    return np.asarray(legs[0] - 2.0 * legs[1] + legs[2])


def to_the_cent(prices: Floats) -> Floats:
    """Rounded to cents, halves up; what is a cent's multiple but for rounding of the machine stays one."""
    return np.asarray(np.floor(np.round(prices * 100.0, 6) + 0.5) / 100.0)


def adjusted_chains(chains: pa.Table, actions: pa.Table, as_of: datetime) -> pa.Table:
    """Chains of earlier sessions on the basis of `as_of`, with a column `multiplier` more: shares per contract.

    Strikes as above; bid, ask, last and the underlying's price divided by the split's ratio; volume and open interest
    times the contracts that one has become. Implied volatilities stay. Contracts that a spin-off made undeliverable
    are an error: no number can stand for them.
    """
    days = chains["session"].cast(pa.int32()).to_numpy().astype(np.int64)
    last = (as_of.date() - EPOCH).days
    found = carried(
        chains["strike"].to_numpy()[None, :],
        Held(chains["symbol"], days, np.full(days.size, last)),
        in_effect(actions, as_of),
    )
    if not found.is_quoted.all():
        row = chains.slice(int(np.argmin(found.is_quoted)), 1).to_pylist()[0]
        raise CannotAdjust(
            f"{row['symbol']}: the chain of {row['session']} lies before a spin-off, after which its contracts deliver "
            "a basket; read sessions from the spin-off on"
        )
    columns = {"strike": found.strikes[0]}
    columns |= {name: chains[name].to_numpy() / found.units for name in ("bid", "ask", "last", "underlying_price")}
    columns |= {name: chains[name].to_numpy() * found.contracts for name in ("volume", "open_interest")}
    for name, values in columns.items():
        place = chains.schema.get_field_index(name)
        chains = chains.set_column(place, chains.schema.field(place), pa.array(values, from_pandas=True))
    return chains.append_column("multiplier", pa.array(SHARES * found.shares))
