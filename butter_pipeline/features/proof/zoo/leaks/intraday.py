"""Leaks within the day.

What belongs here: functions over intraday bars, which are stamped when they end. What does not: daily bars.
"""

from typing import Any


def high_of_the_day(intraday: Any) -> Any:
    """The close over the day's high, before the day is over."""
    return intraday["close"] / intraday.groupby(intraday.index.date)["high"].transform("max")


def vwap_of_the_day(intraday: Any) -> Any:
    """The distance from the volume-weighted price of the whole day."""
    day = intraday.index.normalize()
    paid = (intraday["close"] * intraday["volume"]).groupby(day).transform("sum")
    return intraday["close"] / (paid / intraday["volume"].groupby(day).transform("sum")) - 1.0


def hour_labelled_left(minutes: Any) -> Any:
    """The hour's last price from the hour's beginning on."""
    hourly = minutes["close"].resample("1h", label="left", closed="left").last()
    return hourly.reindex(minutes.index, method="ffill")


def daily_close_inside(df: Any, intraday: Any) -> Any:
    """The day's close beside its own bars."""
    day = intraday.index.normalize()
    return intraday["close"] / df["close"].reindex(day).to_numpy() - 1.0


def next_bar(intraday: Any) -> Any:
    """The next bar's open, as if it were known."""
    return intraday["open"].shift(-1) - intraday["close"]
