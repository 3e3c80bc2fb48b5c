"""Candlestick patterns, as TA-Lib recognises them.

What belongs here: shapes of one to three bars, and what they say together. What does not: shapes of weeks
(`reversals`).

TA-Lib weighs bodies and shadows by running averages, whose last bits depend on where a series starts; so each window is
handed to it by itself, and a value depends on its own rows alone.
"""

import numpy as np

from butter_pipeline.features.registry import Floats, feature
from butter_pipeline.features.smoothing import highest, latest, lowest, mean
from butter_pipeline.features.windows import View

BARS = ("bars.open", "bars.high", "bars.low", "bars.close")
LOOKBACK_ROWS = 30
SIDES = (-1.0, 1.0)
NAMES = (
    "CDLDOJI",
    "CDLHAMMER",
    "CDLHANGINGMAN",
    "CDLSHOOTINGSTAR",
    "CDLINVERTEDHAMMER",
    "CDLENGULFING",
    "CDLHARAMI",
    "CDLMORNINGSTAR",
    "CDLEVENINGSTAR",
    "CDLPIERCING",
    "CDLDARKCLOUDCOVER",
    "CDL3WHITESOLDIERS",
    "CDL3BLACKCROWS",
    "CDLMARUBOZU",
)
"""The functions of TA-Lib, in the order of the features."""
TWO_WAYS = tuple(name for name in NAMES if name != "CDLDOJI")


@feature(BARS, LOOKBACK_ROWS, "1 bullish, -1 bearish, 0 none", SIDES)
def candle_doji(view: View) -> Floats:
    """Whether the session ends a doji: open and close at one price.

    TA-Lib CDLDOJI, divided by 100. Source: Nison (1991), Japanese Candlestick Charting Techniques.
    """
    return _seen(view, "CDLDOJI")


@feature(BARS, LOOKBACK_ROWS, "1 bullish, -1 bearish, 0 none", SIDES)
def candle_hammer(view: View) -> Floats:
    """Whether the session ends a hammer: a long lower shadow after a fall.

    TA-Lib CDLHAMMER, divided by 100. Source: Nison (1991), Japanese Candlestick Charting Techniques.
    """
    return _seen(view, "CDLHAMMER")


@feature(BARS, LOOKBACK_ROWS, "1 bullish, -1 bearish, 0 none", SIDES, formula="candle_hammer")
def candle_hanging_man(view: View) -> Floats:
    """Whether the session ends a hanging man: a long lower shadow after a rise.

    TA-Lib CDLHANGINGMAN, divided by 100. Source: Nison (1991), Japanese Candlestick Charting Techniques.
    """
    return _seen(view, "CDLHANGINGMAN")


@feature(BARS, LOOKBACK_ROWS, "1 bullish, -1 bearish, 0 none", SIDES, formula="candle_inverted_hammer")
def candle_shooting_star(view: View) -> Floats:
    """Whether the session ends a shooting star: a long upper shadow after a rise.

    TA-Lib CDLSHOOTINGSTAR, divided by 100. Source: Nison (1991), Japanese Candlestick Charting Techniques.
    """
    return _seen(view, "CDLSHOOTINGSTAR")


@feature(BARS, LOOKBACK_ROWS, "1 bullish, -1 bearish, 0 none", SIDES)
def candle_inverted_hammer(view: View) -> Floats:
    """Whether the session ends an inverted hammer: a long upper shadow after a fall.

    TA-Lib CDLINVERTEDHAMMER, divided by 100. Source: Nison (1991), Japanese Candlestick Charting Techniques.
    """
    return _seen(view, "CDLINVERTEDHAMMER")


@feature(BARS, LOOKBACK_ROWS, "1 bullish, -1 bearish, 0 none", SIDES)
def candle_engulfing(view: View) -> Floats:
    """Whether the session ends an engulfing body, the other way than the one before.

    TA-Lib CDLENGULFING, divided by 100. Source: Nison (1991), Japanese Candlestick Charting Techniques.
    """
    return _seen(view, "CDLENGULFING")


@feature(BARS, LOOKBACK_ROWS, "1 bullish, -1 bearish, 0 none", SIDES)
def candle_harami(view: View) -> Floats:
    """Whether the session ends a harami: a body within the one before.

    TA-Lib CDLHARAMI, divided by 100. Source: Nison (1991), Japanese Candlestick Charting Techniques.
    """
    return _seen(view, "CDLHARAMI")


@feature(BARS, LOOKBACK_ROWS, "1 bullish, -1 bearish, 0 none", SIDES, formula="candle_star")
def candle_morning_star(view: View) -> Floats:
    """Whether the session ends a morning star: a fall, a small body, a rise.

    TA-Lib CDLMORNINGSTAR, divided by 100. Source: Nison (1991), Japanese Candlestick Charting Techniques.
    """
    return _seen(view, "CDLMORNINGSTAR")


@feature(BARS, LOOKBACK_ROWS, "1 bullish, -1 bearish, 0 none", SIDES, formula="candle_star")
def candle_evening_star(view: View) -> Floats:
    """Whether the session ends an evening star: a rise, a small body, a fall.

    TA-Lib CDLEVENINGSTAR, divided by 100. Source: Nison (1991), Japanese Candlestick Charting Techniques.
    """
    return _seen(view, "CDLEVENINGSTAR")


@feature(BARS, LOOKBACK_ROWS, "1 bullish, -1 bearish, 0 none", SIDES)
def candle_piercing(view: View) -> Floats:
    """Whether the session ends a piercing line: a rise into the body of a fall.

    TA-Lib CDLPIERCING, divided by 100. Source: Nison (1991), Japanese Candlestick Charting Techniques.
    """
    return _seen(view, "CDLPIERCING")


@feature(BARS, LOOKBACK_ROWS, "1 bullish, -1 bearish, 0 none", SIDES, formula="candle_piercing")
def candle_dark_cloud(view: View) -> Floats:
    """Whether the session ends a dark cloud: a fall into the body of a rise.

    TA-Lib CDLDARKCLOUDCOVER, divided by 100. Source: Nison (1991), Japanese Candlestick Charting Techniques.
    """
    return _seen(view, "CDLDARKCLOUDCOVER")


@feature(BARS, LOOKBACK_ROWS, "1 bullish, -1 bearish, 0 none", SIDES, formula="candle_three")
def candle_three_soldiers(view: View) -> Floats:
    """Whether the session ends three white soldiers: three strong rises.

    TA-Lib CDL3WHITESOLDIERS, divided by 100. Source: Nison (1991), Japanese Candlestick Charting Techniques.
    """
    return _seen(view, "CDL3WHITESOLDIERS")


@feature(BARS, LOOKBACK_ROWS, "1 bullish, -1 bearish, 0 none", SIDES, formula="candle_three")
def candle_three_crows(view: View) -> Floats:
    """Whether the session ends three black crows: three strong falls.

    TA-Lib CDL3BLACKCROWS, divided by 100. Source: Nison (1991), Japanese Candlestick Charting Techniques.
    """
    return _seen(view, "CDL3BLACKCROWS")


@feature(BARS, LOOKBACK_ROWS, "1 bullish, -1 bearish, 0 none", SIDES)
def candle_marubozu(view: View) -> Floats:
    """Whether the session ends a marubozu: a body without shadows.

    TA-Lib CDLMARUBOZU, divided by 100. Source: Nison (1991), Japanese Candlestick Charting Techniques.
    """
    return _seen(view, "CDLMARUBOZU")


@feature(BARS, LOOKBACK_ROWS, "share", SIDES)
def candle_side(view: View) -> Floats:
    """What the candles that are there say together: all bullish 1, all bearish -1, none 0.

    sum of sides / number of patterns there, the doji left out. Source: Nison (1991), Japanese Candlestick Charting
    Techniques.
    """
    return _together(view)[0]


@feature(BARS, LOOKBACK_ROWS, "confidence", (0.0, 1.0))
def candle_confidence(view: View) -> Floats:
    """How many candles agree: a third for each of the majority beyond the others, 1 at most.

    min(|sum of sides| / 3, 1). Source: Nison (1991), Japanese Candlestick Charting Techniques.
    """
    return np.minimum(np.abs(_together(view)[1]) / 3.0, 1.0)


@feature(BARS, LOOKBACK_ROWS, "percent of the close")
def candle_target_pct(view: View) -> Floats:
    """Where the candles point: two mean ranges their way; null where they say nothing.

    100 side 2 mean30(H - L) / C. Source: Marshall, Young and Rose (2006), Journal of Banking and Finance 30(8).
    """
    side = np.sign(_together(view)[1])
    reach = 200.0 * mean(view["bars.high"] - view["bars.low"]) / latest(view["bars.close"])
    return np.where(np.abs(side) > 0.0, side * reach, np.nan)


@feature(BARS, LOOKBACK_ROWS, "percent of the close", formula="pattern_stop")
def candle_stop_pct(view: View) -> Floats:
    """Where the candles are wrong: beyond the extreme of the last three bars; null where they say nothing.

    100 (min3(L) - C) / C when bullish, 100 (max3(H) - C) / C when bearish. Source: Nison (1991), Japanese Candlestick
    Charting Techniques.
    """
    side, close = np.sign(_together(view)[1]), latest(view["bars.close"])
    level = np.where(side > 0.0, lowest(view["bars.low"][-3:]), highest(view["bars.high"][-3:]))
    return np.where(np.abs(side) > 0.0, 100.0 * (level / close - 1.0), np.nan)


def _seen(view: View, name: str) -> Floats:
    found: Floats = view.shared(_recognised)[NAMES.index(name)]
    return found


def _together(view: View) -> tuple[Floats, Floats]:
    """The mean side of the patterns that are there, and the sum of their sides; NaN where a window is not whole."""
    sides = np.stack([_seen(view, name) for name in TWO_WAYS])
    added, there = sides.sum(axis=0), (sides != 0.0).sum(axis=0)
    return np.where(np.isnan(added), np.nan, added / np.maximum(there, 1)), added


def _recognised(view: View) -> Floats:
    """What every function says of every row's window, [function, row]."""
    import talib

    bars = [np.ascontiguousarray(view[name].T) for name in BARS]
    whole = np.asarray(np.isfinite(np.stack(bars)).all(axis=(0, 2)))
    found = np.full((len(NAMES), len(whole)), np.nan)
    functions = [getattr(talib, name) for name in NAMES]
    for row in np.flatnonzero(whole).tolist():
        window = [each[row] for each in bars]
        found[:, row] = [function(*window)[-1] for function in functions]
    return np.clip(found / 100.0, -1.0, 1.0)
