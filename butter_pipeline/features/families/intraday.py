"""What the bars within a session say of it, as of the last one that has ended.

What belongs here: features of one session's own bars, from the opening bell on. What does not: daily bars
(`technical`).

They are features of the bars that they are given: of all of a session's at its close; of those that have ended by some
time, at that time. A vendor without bars within the day gives no rows.

Must not see: a bar that has not ended, or one of another session.
"""

import numpy as np

from butter_pipeline.features.registry import Floats, feature
from butter_pipeline.features.sittings import Sittings

INPUTS = ("intraday",)
BARS = ("intraday.starts_at", "intraday.open", "intraday.high", "intraday.low", "intraday.close")
TRADED = (*BARS, "intraday.volume")
OPENING_MINUTES = 30.0
ANY = (0.0, np.inf)
SHARE = (0.0, 1.0)


@feature(("intraday.starts_at",), 1, "minutes", (0.0, 1440.0))
def minutes_since_open(sittings: Sittings) -> Floats:
    """The time of day: minutes from the opening bell to the end of the last bar.

    end of the last bar - opening bell. Source: Wood, McInish and Ord (1985), Journal of Finance 40(3).
    """
    return sittings.last(sittings.ends)


@feature(("intraday.starts_at",), 1, "share", SHARE)
def session_share(sittings: Sittings) -> Floats:
    """The share of the session that has passed, half days included.

    minutes since the opening bell / minutes from bell to bell. Source: Admati and Pfleiderer (1988), Review of
    Financial Studies 1(1).
    """
    return sittings.last(sittings.ends) / sittings.last(sittings.lasts)


@feature(TRADED, 1, "percent", formula="vwap_distance_pct")
def session_vwap_distance_pct(sittings: Sittings) -> Floats:
    """The last price over the session's average price so far, weighed by volume.

    100 (C / (sum(P V) / sum(V)) - 1), P = (H + L + C) / 3 of every bar. Source: Berkowitz, Logue and Noser (1988),
    Journal of Finance 43(1).
    """
    price = (sittings.high + sittings.low + sittings.close) / 3.0
    average = sittings.total(price * sittings.volume) / sittings.total(sittings.volume)
    return 100.0 * (sittings.last(sittings.close) / average - 1.0)


@feature(BARS, 1, "share", formula="range_position")
def opening_range_position_30m(sittings: Sittings) -> Floats:
    """Where the last price stands in the range of the first 30 minutes: above one it has broken out.

    (C - min(L)) / (max(H) - min(L)) over bars that end within 30 minutes; null before those have passed. Source: Crabel
    (1990), Day Trading with Short Term Price Patterns.
    """
    opening = sittings.ends <= OPENING_MINUTES
    low, high = sittings.lowest(sittings.low, opening), sittings.highest(sittings.high, opening)
    over = sittings.last(sittings.ends) >= OPENING_MINUTES
    return np.where(over, (sittings.last(sittings.close) - low) / (high - low), np.nan)


@feature(BARS, 1, "percent", formula="since_open")
def opening_return_30m_pct(sittings: Sittings) -> Floats:
    """The return of the first 30 minutes.

    100 (C of the last bar that ends within 30 minutes / first open - 1); null before those have passed. Source: Gao,
    Han, Li and Zhou (2018), Journal of Financial Economics 129(2).
    """
    moved = sittings.total(sittings.returns(), sittings.ends <= OPENING_MINUTES)
    over = sittings.last(sittings.ends) >= OPENING_MINUTES
    return np.where(over, 100.0 * (np.exp(moved) - 1.0), np.nan)


@feature(BARS, 1, "percent", formula="since_open")
def since_open_pct(sittings: Sittings) -> Floats:
    """The return from the session's first price to its last so far.

    100 (C / O - 1). Source: Heston, Korajczyk and Sadka (2010), Journal of Finance 65(4).
    """
    return 100.0 * (sittings.last(sittings.close) / sittings.first(sittings.open) - 1.0)


@feature(BARS, 1, "share", SHARE, formula="range_position")
def session_range_position(sittings: Sittings) -> Floats:
    """Where the last price stands in the session's range so far.

    (C - min(L)) / (max(H) - min(L)). Source: Pagonidis (2013), The IBS Effect.
    """
    low, high = sittings.lowest(sittings.low), sittings.highest(sittings.high)
    return (sittings.last(sittings.close) - low) / (high - low)


@feature(BARS, 1, "percent a session", ANY)
def session_volatility_pct(sittings: Sittings) -> Floats:
    """Realised volatility of the session so far, from its bars.

    100 sqrt(sum r^2). Source: Andersen, Bollerslev, Diebold and Labys (2001), Journal of the American Statistical
    Association 96(453).
    """
    return 100.0 * np.sqrt(sittings.total(sittings.returns() ** 2))


@feature(BARS, 1, "share", SHARE, formula="jump_share")
def session_jump_share(sittings: Sittings) -> Floats:
    """The share of the session's realised variance that came in jumps; null with fewer than five bars.

    max(1 - (pi / 2) n / (n - 1) sum |r| |r[1]| / sum r^2, 0). Source: Barndorff-Nielsen and Shephard (2004), Journal of
    Financial Econometrics 2(1).
    """
    sizes, bars = np.abs(sittings.returns()), sittings.bars
    before = np.concatenate([sizes[:1], sizes[:-1]])
    before[bars.starts] = 0.0
    count = bars.counts.astype(np.float64)
    smooth = np.pi / 2.0 * sittings.total(sizes * before) * count / np.maximum(count - 1.0, 1.0)
    return np.where(count >= 5.0, np.maximum(1.0 - smooth / sittings.total(sizes**2), 0.0), np.nan)


@feature(("intraday.volume", "intraday.starts_at"), 1, "share", SHARE)
def opening_volume_share_30m(sittings: Sittings) -> Floats:
    """The first 30 minutes' share in the session's volume so far.

    sum(V of bars that end within 30 minutes) / sum(V). Source: Admati and Pfleiderer (1988), Review of Financial
    Studies 1(1).
    """
    opening = sittings.total(sittings.volume, sittings.ends <= OPENING_MINUTES)
    return opening / sittings.total(sittings.volume)
