"""What five templates would say of a symbol, how many agree, and how such signals have fared lately.

What belongs here: the confidence of five templates by their usual rules, their agreement, and the share of their past
signals that were right. What does not: the strategies that are traded (`strategies`), which have their own settings.

A signal matures seven sessions after its close: it was right when the price went its way. Only those that had matured
by the session count, so a recent win rate looks at what was known then. The labels of what was really offered mature
in `labels`, behind the matrix; a feature that read them would have the lineage turn in a circle, so the rates here are
reckoned again from bars.
"""

from collections.abc import Callable

import numpy as np

from butter_pipeline.features.moving import moving_deviation, moving_highest, moving_lowest, moving_mean, moving_total
from butter_pipeline.features.registry import Booleans, Floats, feature
from butter_pipeline.features.smoothing import beyond_rounding, latest, total
from butter_pipeline.features.windows import View

RANGE = ("bars.high", "bars.low", "bars.close")
CLOSE = ("bars.close",)
SIDES = (-1.0, 1.0)
LONG = 60
"""Rows that the slowest template looks back on."""
HELD_SESSIONS = 7
JUDGED_SESSIONS = 63
LOOKBACK_ROWS = LONG + HELD_SESSIONS + JUDGED_SESSIONS
SIGNAL = 0.5
"""A template speaks up from this confidence on."""
LEAST_SIGNALS = 5
PERCENT = (0.0, 100.0)


@feature(CLOSE, LONG, "confidence, its sign the side", SIDES)
def trend_following(view: View) -> Floats:
    """How sure trend following is: averages of 10 and 50 sessions apart, in deviations of the price about the longer.

    tanh((SMA10 - SMA50) / sd50). Source: Brock, Lakonishok and LeBaron (1992), Journal of Finance 47(5).
    """
    return latest(_trend(view))


@feature(CLOSE, LONG, "confidence, its sign the side", SIDES, formula="z_score")
def mean_reversion(view: View) -> Floats:
    """How sure mean reversion is: against a close far from its mean of 20 sessions.

    -tanh((C - SMA20) / (2 sd20)). Source: Poterba and Summers (1988), Journal of Financial Economics 22(1).
    """
    return latest(_reversion(view))


@feature(CLOSE, LONG, "confidence, its sign the side", SIDES, formula="trend_t")
def momentum_following(view: View) -> Floats:
    """How sure momentum is: the return of 20 sessions in its deviations.

    tanh(sum20(r) / (sqrt(20) sd20(r))). Source: Moskowitz, Ooi and Pedersen (2012), Journal of Financial Economics
    104(2).
    """
    return latest(_momentum(view))


@feature(RANGE, LONG, "confidence, its sign the side", SIDES, formula="range_position")
def breakout(view: View) -> Floats:
    """How sure a breakout is: the close at an edge of the 20 sessions before, or beyond it.

    clip(2 (C - min20(L)[1]) / (max20(H)[1] - min20(L)[1]) - 1, -1, 1). Source: Donchian (1960), Commodity Year Book.
    """
    return latest(_breakout(view))


@feature(RANGE, LONG, "confidence, its sign the side", SIDES, formula="range_position")
def ibs_reversal(view: View) -> Floats:
    """How sure the bar's strength is to turn: against a close at an end of its session's range.

    1 - 2 (C - L) / (H - L). Source: Pagonidis (2013), The IBS Effect.
    """
    return latest(_ibs(view))


@feature(RANGE, LONG, "number", (0.0, 5.0), formula="confirmations")
def confirmations_long(view: View) -> Floats:
    """How many of the five templates speak for a rise.

    number with confidence >= 0.5. Source: Timmermann (2006), Handbook of Economic Forecasting 1, on combining.
    """
    return _agreeing(view, 1.0)


@feature(RANGE, LONG, "number", (0.0, 5.0), formula="confirmations")
def confirmations_short(view: View) -> Floats:
    """How many of the five templates speak for a fall.

    number with confidence <= -0.5. Source: Timmermann (2006), Handbook of Economic Forecasting 1, on combining.
    """
    return _agreeing(view, -1.0)


@feature(RANGE, LONG, "confidence, its sign the side", SIDES)
def strategy_confidence(view: View) -> Floats:
    """What the five templates say together.

    mean of the five confidences. Source: Timmermann (2006), Handbook of Economic Forecasting 1, on combining.
    """
    return total(np.stack([latest(rule(view)) for rule in RULES.values()])) / len(RULES)


@feature(RANGE, LOOKBACK_ROWS, "percent", PERCENT)
def trend_win_rate_63_pct(view: View) -> Floats:
    """The share of trend following's last signals that were right: those of 63 sessions that have matured, at least 5.

    100 mean(side (C[0] - C[7]) > 0) over signals 7 sessions old or older. Source: Aronson (2006), Evidence-Based
    Technical Analysis.
    """
    return _win_rate(view, _trend)


@feature(RANGE, LOOKBACK_ROWS, "percent", PERCENT)
def reversion_win_rate_63_pct(view: View) -> Floats:
    """The share of mean reversion's last signals that were right: those of 63 sessions that have matured, at least 5.

    100 mean(side (C[0] - C[7]) > 0) over signals 7 sessions old or older. Source: Aronson (2006), Evidence-Based
    Technical Analysis.
    """
    return _win_rate(view, _reversion)


@feature((*RANGE, "surface.atm_iv_30d_pct"), HELD_SESSIONS + JUDGED_SESSIONS, "percent", PERCENT)
def butterfly_landing_63_pct(view: View) -> Floats:
    """How often the price landed within half an implied deviation, seven sessions on: of 63 that have matured.

    100 mean(|ln C / C[7]| <= iv[7] sqrt(7 / 252) / 2), at least 5. Source: Breeden and Litzenberger (1978), Journal of
    Business 51(4), on what a butterfly pays.
    """
    price, iv = np.log(view["bars.close"]), view["surface.atm_iv_30d_pct"] / 100.0
    moved = np.abs(price[HELD_SESSIONS:] - price[:-HELD_SESSIONS])
    zone = iv[:-HELD_SESSIONS] * np.sqrt(HELD_SESSIONS / 252.0) / 2.0
    return _share(moved <= zone, ~np.isnan(moved) & ~np.isnan(zone), np.isnan(latest(price)))


def _trend(view: View) -> Floats:
    close = view["bars.close"]
    short, long = moving_mean(close, 10)[40:], moving_mean(close, 50)
    found: Floats = np.tanh((short - long) / beyond_rounding(moving_deviation(close, 50), long))
    return found


def _reversion(view: View) -> Floats:
    close = view["bars.close"]
    middle, spread = moving_mean(close, 20), moving_deviation(close, 20)
    found: Floats = -np.tanh((close[19:] - middle) / (2.0 * beyond_rounding(spread, middle)))
    return found


def _momentum(view: View) -> Floats:
    price = np.log(view["bars.close"])
    returns = price[1:] - price[:-1]
    spread = beyond_rounding(moving_deviation(returns, 20))
    found: Floats = np.tanh(moving_total(returns, 20) / (np.sqrt(20.0) * spread))
    return found


def _breakout(view: View) -> Floats:
    low, high = moving_lowest(view["bars.low"][:-1], 20), moving_highest(view["bars.high"][:-1], 20)
    found: Floats = np.clip(2.0 * (view["bars.close"][20:] - low) / (high - low) - 1.0, -1.0, 1.0)
    return found


def _ibs(view: View) -> Floats:
    low, high = view["bars.low"], view["bars.high"]
    found: Floats = 1.0 - 2.0 * (view["bars.close"] - low) / (high - low)
    return found


RULES: dict[str, Callable[[View], Floats]] = {
    "trend": _trend,
    "reversion": _reversion,
    "momentum": _momentum,
    "breakout": _breakout,
    "ibs": _ibs,
}


def _agreeing(view: View, side: float) -> Floats:
    said = np.stack([latest(rule(view)) for rule in RULES.values()])
    return np.where(np.isnan(said).any(axis=0), np.nan, (side * said >= SIGNAL).sum(axis=0).astype(np.float64))


def _win_rate(view: View, rule: Callable[[View], Floats]) -> Floats:
    said, price = rule(view), np.log(view["bars.close"])
    said = said[-(HELD_SESSIONS + JUDGED_SESSIONS) : -HELD_SESSIONS]
    moved = (price[HELD_SESSIONS:] - price[:-HELD_SESSIONS])[-JUDGED_SESSIONS:]
    spoke = (np.abs(said) >= SIGNAL) & ~np.isnan(moved)
    return _share(np.sign(said) * moved > 0.0, spoke, np.isnan(latest(price)))


def _share(right: Booleans, counted: Booleans, absent: Booleans) -> Floats:
    """The share in per cent of what counts that is right; NaN with too few, or without a price."""
    number = total(counted.astype(np.float64))
    found = 100.0 * total((right & counted).astype(np.float64)) / number
    return np.where(absent | (number < LEAST_SIGNALS), np.nan, found)
