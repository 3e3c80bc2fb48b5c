"""Which option contracts are listed: expiries from the calendar, strikes from where the spot has been.

What belongs here: the weekly and monthly cycle, the strike grid, and the rule that a contract once
listed stays listed until it expires.
What does not: what a contract is worth or how it is quoted (`chains`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from butter_pipeline.market.simulator.law import LONGEST
from butter_pipeline.market.simulator.parameters import SESSIONS_PER_YEAR, Floats, Ints
from butter_pipeline.market.simulator.path import Path

WEEKLIES = 4
MONTHLIES = 2
FRIDAY = 4
STEPS = np.array([unit * 10.0**power for power in range(-1, 6) for unit in (1.0, 2.0, 2.5, 5.0)])[3:]


@dataclass(frozen=True)
class Expiries:
    """Session indices of every expiry and of the session that first lists it."""

    close: Ints
    listed: Ints


def expiries(sessions: Sequence[date]) -> Expiries:
    """Fridays, or the session before: the next four, and the next two third Fridays beyond them.

    The fifth next Friday is not listed before the next one has come, so a weekly is first listed on
    the session that the fourth weekly before it expires; a monthly when the one but one before it
    has become the fourth weekly.
    """
    days = np.array(sessions, dtype="datetime64[D]")
    start = days[0] - np.timedelta64(20 * 7, "D")
    # day zero of the epoch was a Thursday
    start = start + np.timedelta64((FRIDAY - (int(start.astype(np.int64)) + 3) % 7) % 7, "D")
    fridays = np.arange(start, days[-1] + np.timedelta64(1, "D"), np.timedelta64(7, "D"))
    close = np.searchsorted(days, fridays, side="right").astype(np.int64) - 1
    weekly = np.full(close.size, -1)
    weekly[WEEKLIES:] = close[:-WEEKLIES]
    listed = weekly.copy()
    month_day = (fridays - fridays.astype("datetime64[M]")).astype(np.int64)
    monthly = np.flatnonzero((month_day >= 14) & (month_day <= 20))
    for earlier, later in zip(monthly[:-MONTHLIES], monthly[MONTHLIES:], strict=True):
        listed[later] = weekly[earlier]
    # a Friday without any session in its week falls on the expiry before it, which is kept
    kept = (close >= 0) & np.append(True, close[1:] > close[:-1])
    return Expiries(close[kept], np.maximum(listed[kept], 0))


@dataclass(frozen=True)
class Groups:
    """Listed strikes, one element per session, symbol and expiry; strikes are step times low..high."""

    session: Ints
    symbol: Ints
    expiry: Ints  # session index
    listed: Ints  # session index
    step: Floats
    low: Ints
    high: Ints
    low_before: Ints  # the grid of the session before; empty at the first listing
    high_before: Ints
    spot_at_listing: Floats
    sigma_at_listing: Floats  # long-run standard deviation from listing to expiry

    def take(self, where: Ints) -> "Groups":
        """Return the groups at these positions."""
        return Groups(**{name: values[where] for name, values in vars(self).items()})

    @property
    def ahead(self) -> Ints:
        """Sessions to expiry."""
        return self.expiry - self.session


def check_indices(path: Path, indices: Sequence[int], beyond: int = LONGEST) -> Ints:
    """Return the indices as an array; they must be in order and leave so many sessions beyond them."""
    wanted = np.asarray(indices, dtype=np.int64)
    if wanted.size == 0 or wanted[0] < 0 or np.any(wanted[1:] <= wanted[:-1]):
        raise ValueError(f"indices: was {list(indices)[:5]}, must be increasing session indices")
    if wanted[-1] + beyond >= len(path.sessions):
        raise ValueError(
            f"indices: session {wanted[-1]} of {len(path.sessions)}, must leave {beyond} further sessions "
            "in the calendar"
        )
    return wanted


def listed_groups(path: Path, indices: Sequence[int]) -> Groups:
    """Everything listed on the wanted sessions, sorted by session, symbol and expiry."""
    wanted = check_indices(path, indices)
    dates = expiries(path.sessions)
    live = np.flatnonzero((dates.listed <= wanted[-1]) & (dates.close >= wanted[0]))
    found = [_of_expiry(path, wanted, int(dates.listed[k]), int(dates.close[k])) for k in live]
    names = vars(found[0])
    groups = Groups(**{name: np.concatenate([getattr(each, name) for each in found]) for name in names})
    return groups.take(np.lexsort((groups.expiry, groups.symbol, groups.session)))


def _of_expiry(path: Path, wanted: Ints, listed: int, expiry: int) -> Groups:
    world = path.world
    last = min(expiry, int(wanted[-1]))
    spot = path.bars.close[listed : last + 1]
    sigma = np.array([world.reference_vol(each) for each in world.listings])
    sigma = sigma * (max(expiry - listed, 1) / SESSIONS_PER_YEAR) ** 0.5
    band = 1.0 + world.quotes.band_sigmas * sigma
    fits = spot[0] * (band - 1.0 / band) / STEPS[:, None] + 1.0 <= world.quotes.strikes_at_listing_max
    step = STEPS[np.argmax(fits, axis=0)]
    side = world.quotes.strikes_each_side_min
    lowest, highest = np.minimum.accumulate(spot), np.maximum.accumulate(spot)
    low = np.minimum(np.ceil(lowest / band / step), np.ceil(lowest / step) - side)
    high = np.maximum(np.floor(highest * band / step), np.floor(highest / step) + side)
    low, high = np.maximum(low, 1.0).astype(np.int64), high.astype(np.int64)
    when = wanted[(wanted >= listed) & (wanted <= last)] - listed
    shape = (when.size, len(world.listings))
    before = np.maximum(when - 1, 0)
    fresh = (when == 0)[:, None]
    return Groups(
        session=np.repeat(when + listed, shape[1]),
        symbol=np.tile(np.arange(shape[1]), shape[0]),
        expiry=np.full(shape[0] * shape[1], expiry),
        listed=np.full(shape[0] * shape[1], listed),
        step=np.tile(step, shape[0]),
        low=low[when].ravel(),
        high=high[when].ravel(),
        low_before=np.where(fresh, 1, low[before]).ravel(),
        high_before=np.where(fresh, 0, high[before]).ravel(),
        spot_at_listing=np.tile(spot[0], shape[0]),
        sigma_at_listing=np.tile(sigma, shape[0]),
    )
