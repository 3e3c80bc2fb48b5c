"""Clean: functions over intraday bars, which are stamped when they end, that keep to the day so far.

What belongs here: the day so far, earlier days, the clock. What does not: daily bars.
"""

from typing import Any


def high_so_far(intraday: Any) -> Any:
    """The close over the day's high so far."""
    return intraday["close"] / intraday.groupby(intraday.index.date)["high"].cummax()


def vwap_so_far(intraday: Any) -> Any:
    """The distance from the volume-weighted price of the day so far."""
    day = intraday.index.normalize()
    paid = (intraday["close"] * intraday["volume"]).groupby(day).cumsum()
    return intraday["close"] / (paid / intraday["volume"].groupby(day).cumsum()) - 1.0


def hour_labelled_right(minutes: Any) -> Any:
    """The last whole hour's price."""
    hourly = minutes["close"].resample("1h", label="right", closed="right").last()
    return hourly.reindex(minutes.index, method="ffill")


def daily_close_before(df: Any, intraday: Any) -> Any:
    """Yesterday's close beside today's bars."""
    before = df["close"].shift(1).reindex(intraday.index.normalize()).to_numpy()
    return intraday["close"] / before - 1.0


def minutes_of_day(intraday: Any) -> Any:
    """Minutes since midnight."""
    return intraday.index.hour * 60 + intraday.index.minute


def opening_range(intraday: Any) -> Any:
    """The close less the first bar's high, from the first bar's end on."""
    first = intraday.groupby(intraday.index.date)["high"].transform("first")
    return intraday["close"] - first
