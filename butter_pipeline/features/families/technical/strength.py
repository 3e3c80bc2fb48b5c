"""Oscillators of the close: how much of the recent movement went up.

What belongs here: indicators that weigh gains against losses of the close. What does not: where the close stands in
the range of its sessions (`reach`).
"""

import numpy as np

from butter_pipeline.features.families.technical.columns import BOTH_WAYS, CLOSE, LONG_SESSIONS, PERCENT, within
from butter_pipeline.features.moving import moving_highest, moving_lowest
from butter_pipeline.features.registry import Floats, feature
from butter_pipeline.features.smoothing import beyond_rounding, changes, exponential, latest, share_below, total, wilder
from butter_pipeline.features.windows import View


@feature(CLOSE, LONG_SESSIONS, "index", PERCENT, 15)
def rsi_14(bars: View) -> Floats:
    """Relative strength index over 14 sessions: share of gains in all moves, Wilder's averages.

    100 W14(max(C - C[1], 0)) / W14(|C - C[1]|). Source: Wilder (1978), New Concepts in Technical Trading Systems.
    """
    return latest(_relative_strength(bars["bars.close"], 14))


@feature(CLOSE, 60, "index", PERCENT, 3)
def rsi_2(bars: View) -> Floats:
    """Relative strength index over 2 sessions.

    100 W2(max(C - C[1], 0)) / W2(|C - C[1]|). Source: Connors and Alvarez (2009), Short Term Trading Strategies That
    Work; the index is Wilder's (1978).
    """
    return latest(_relative_strength(bars["bars.close"], 2))


@feature(CLOSE, LONG_SESSIONS, "index points", BOTH_WAYS, 20, formula="hv_change_pct")
def rsi_momentum_5(bars: View) -> Floats:
    """How far the relative strength index over 14 sessions moved in five.

    RSI14 - RSI14[5]. Source: momentum of an oscillator after Pring (1985), Technical Analysis Explained.
    """
    strength = _relative_strength(bars["bars.close"], 14)
    found: Floats = strength[-1] - strength[-6]
    return found


@feature(CLOSE, LONG_SESSIONS, "share", (0.0, 1.0), 28, formula="range_position")
def stochastic_rsi_14(bars: View) -> Floats:
    """Where the relative strength index stands in its own range of 14 sessions.

    (RSI14 - min14(RSI14)) / (max14(RSI14) - min14(RSI14)). Source: Chande and Kroll (1994), The New Technical Trader.
    """
    strength = _relative_strength(bars["bars.close"], 14)
    low, high = moving_lowest(strength, 14)[-1], moving_highest(strength, 14)[-1]
    found: Floats = (strength[-1] - low) / beyond_rounding(high - low, 100.0)
    return found


@feature(CLOSE, 15, "index", BOTH_WAYS)
def chande_momentum_14(bars: View) -> Floats:
    """Chande's momentum oscillator over 14 sessions: gains less losses over both, plainly added.

    100 (sum(gains) - sum(losses)) / (sum(gains) + sum(losses)). Source: Chande and Kroll (1994), The New Technical
    Trader.
    """
    moves = changes(bars["bars.close"])
    return within(100.0 * total(moves) / total(np.abs(moves)), -100.0, 100.0)


@feature(CLOSE, LONG_SESSIONS, "index", BOTH_WAYS, 39)
def true_strength_25_13(bars: View) -> Floats:
    """True strength index: moves smoothed twice, over their sizes smoothed alike.

    100 EMA13(EMA25(C - C[1])) / EMA13(EMA25(|C - C[1]|)). Source: Blau (1991), Stocks & Commodities 9(11).
    """
    moves = changes(bars["bars.close"])
    there, sizes = exponential(exponential(moves, 25), 13), exponential(exponential(np.abs(moves), 25), 13)
    return within(100.0 * latest(there) / latest(sizes), -100.0, 100.0)


@feature(CLOSE, LONG_SESSIONS, "basis points a session", None, 44)
def trix_15_bps(bars: View) -> Floats:
    """How the close, smoothed three times over 15 sessions, changed in the last one.

    1e4 (T / T[1] - 1), T = EMA15(EMA15(EMA15(C))). Source: Hutson (1983), Stocks & Commodities 1(5).
    """
    smooth = exponential(exponential(exponential(bars["bars.close"], 15), 15), 15)
    found: Floats = 1e4 * (smooth[-1] / smooth[-2] - 1.0)
    return found


@feature(CLOSE, 160, "index", PERCENT, 102)
def connors_rsi_3_2_100(bars: View) -> Floats:
    """Connors' relative strength: of closes over 3, of streaks over 2, and the last return's rank among 100.

    (RSI3(C) + RSI2(streak) + percent of the 100 returns before that are lower) / 3. Source: Connors and Alvarez (2012),
    An Introduction to ConnorsRSI.
    """
    close = bars["bars.close"]
    returns = close[1:] / close[:-1] - 1.0
    ranked = 100.0 * share_below(returns[-101:-1], returns[-1])
    strength = latest(_relative_strength(close, 3)) + latest(_relative_strength(_streaks(close), 2))
    found: Floats = (strength + np.where(np.isnan(returns[-101]), np.nan, ranked)) / 3.0
    return within(found, 0.0, 100.0)


@feature(CLOSE, 61, "sessions", (-60.0, 60.0), 2)
def streak_sessions(bars: View) -> Floats:
    """For how many sessions running the close has risen (above zero) or fallen (below), 60 at most.

    S = S[1] + 1 after a rise that follows no fall, and the mirror image; 0 when unchanged. Source: Connors and Alvarez
    (2012), An Introduction to ConnorsRSI.
    """
    return latest(_streaks(bars["bars.close"]))


def _relative_strength(close: Floats, span: int) -> Floats:
    """The relative strength index at every age after the first."""
    moves = changes(close)
    return 100.0 * wilder(np.maximum(moves, 0.0), span) / wilder(np.abs(moves), span)


def _streaks(close: Floats) -> Floats:
    """The length of the streak at every age after the first; NaN where there is no move."""
    moves = changes(close)
    streaks, length = np.empty(moves.shape), np.zeros(moves.shape[1])
    for age, move in enumerate(moves):
        rising = np.where(length > 0.0, length, 0.0) + 1.0
        falling = np.where(length < 0.0, length, 0.0) - 1.0
        length = np.where(move > 0.0, rising, np.where(move < 0.0, falling, 0.0))
        streaks[age] = np.where(np.isnan(move), np.nan, length)
    return streaks
