"""Leaks that look some sessions ahead.

What belongs here: functions whose value rests on a few later rows. What does not: the whole sample (`whole`).
"""

from typing import Any

import numpy as np
from scipy.signal import savgol_filter


def shifted_back(df: Any) -> Any:
    """The return of tomorrow."""
    return df["close"].pct_change(fill_method=None).shift(-1)


def change_backwards(close: Any) -> Any:
    """The change over the next five sessions, negated."""
    return close.pct_change(-5, fill_method=None)


def centred_mean(close: Any) -> Any:
    """A rolling mean whose window is centred."""
    return close.rolling(9, center=True).mean()


def centred_with_few(close: Any) -> Any:
    """A centred window that is content with few values, so that nothing is missing at the end."""
    return close.rolling(11, min_periods=1, center=True).median()


def back_filled(df: Any) -> Any:
    """A moving average whose beginning is filled from behind."""
    return df.close.rolling(20).mean().bfill()


def interpolated(df: Any) -> Any:
    """Missing closes as the mean of the closes around them."""
    weekly = df["close"].where(df.index.dayofweek == 4)
    return weekly.interpolate(limit_direction="both")


def smoothed_savgol(close: Any) -> Any:
    """A Savitzky-Golay filter, which is centred."""
    return savgol_filter(close.ffill().bfill().to_numpy(), 11, 2)


def convolved_same(df: Any) -> Any:
    """A convolution whose kernel is centred."""
    return np.convolve(df["volume"].to_numpy(), np.ones(5) / 5.0, mode="same")


def week_labelled_left(df: Any) -> Any:
    """The week's last close under the week's first day."""
    weekly = df["close"].resample("W-MON", label="left", closed="left").last()
    return weekly.reindex(df.index, method="ffill")


def month_end_on_every_day(df: Any) -> Any:
    """The month's last close on each of its days."""
    return df.groupby(df.index.to_period("M"))["close"].transform("last")


def months_merged(df: Any) -> Any:
    """Daily rows merged with their month's mean volume."""
    month = df.index.strftime("%Y-%m")
    by_month = df["volume"].groupby(month).mean()
    return by_month.reindex(month).to_numpy()


def joined_forward(df: Any) -> Any:
    """The nearest Friday's close, looking forward."""
    import pandas as pd

    fridays = df.loc[df.index.dayofweek == 4, ["close"]].rename(columns={"close": "friday"})
    rows = pd.merge_asof(df[["close"]], fridays, left_index=True, right_index=True, direction="forward")
    return rows["friday"] / rows["close"]


def next_open(df: Any) -> Any:
    """The gap to the next session's open, as if it were known at the close."""
    return df["open"].shift(-1) / df["close"] - 1.0


def lookahead_stop(high: Any, low: Any, close: Any) -> Any:
    """Whether the next five lows stay above the close less twice today's range."""
    ahead = low[::-1].rolling(5).min()[::-1].shift(-1)
    return (ahead > close - 2.0 * (high - low)).astype(float)


def swing_high(df: Any) -> Any:
    """A high that is above the two before and the two after, told on its own day."""
    high = df["high"]
    return ((high > high.shift(1)) & (high > high.shift(2)) & (high > high.shift(-1)) & (high > high.shift(-2))) * 1.0


def sign_of_tomorrow(Close: Any) -> Any:  # noqa: N803  as users write it
    """Up or down tomorrow, as a text."""
    up = Close.shift(-1) > Close
    return up.map({True: "up", False: "down"})


def tiny_weight(close: Any) -> Any:
    """A moving average with a billionth of tomorrow in it."""
    return close.rolling(5).mean() + 1e-9 * close.shift(-1).fillna(0.0)


def index_shifted(df: Any) -> Any:
    """Values moved by moving their dates."""
    import pandas as pd

    moved = df["close"].copy()
    moved.index = moved.index - pd.offsets.BDay(2)
    return moved.reindex(df.index, method="nearest")


def numpy_rolled(close: Any) -> Any:
    """An array rolled by one, which brings tomorrow to today."""
    return np.roll(close.to_numpy(), -1) / close.to_numpy() - 1.0


def days_to_next_row(df: Any) -> Any:
    """How many days until the symbol trades again, halts to come among them."""
    days = df.index.to_series()
    return (days.shift(-1) - days).dt.days
