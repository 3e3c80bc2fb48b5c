"""Clean: functions of one symbol's bars that only look back.

What belongs here: trailing, lagged, expanding and causally filtered values. What does not: several symbols (`across`).
"""

from typing import Any

import numpy as np
from scipy.signal import fftconvolve, lfilter


def shifted(df: Any) -> Any:
    """Yesterday's return."""
    return df["close"].pct_change(fill_method=None).shift(1)


def shifted_there_and_back(close: Any) -> Any:
    """Moved ahead and back again: nothing of tomorrow is left."""
    return close.rolling(5).mean().shift(-2).shift(2)


def trailing_mean(close: Any) -> Any:
    """A trailing mean."""
    return close.rolling(9).mean()


def trailing_with_few(close: Any) -> Any:
    """A trailing median that is content with few values."""
    return close.rolling(11, min_periods=1).median()


def window_without_today(df: Any) -> Any:
    """The mean of the ten sessions before today."""
    return df["close"].rolling(10, closed="left").mean()


def forward_filled(df: Any) -> Any:
    """Fridays' closes until the next Friday."""
    return df["close"].where(df.index.dayofweek == 4).ffill()


def padded(df: Any) -> Any:
    """Missing volumes as the last one."""
    return df["volume"].replace(0.0, np.nan).ffill()


def expanding_z_score(df: Any) -> Any:
    """The close less the mean so far, over the deviation so far."""
    so_far = df["close"].expanding(20)
    return (df["close"] - so_far.mean()) / so_far.std()


def expanding_min_max(close: Any) -> Any:
    """The close between the least and the greatest so far."""
    return (close - close.cummin()) / (close.cummax() - close.cummin())


def ranked_so_far(df: Any) -> Any:
    """The share of closes so far that are lower."""
    return df.close.expanding().rank(pct=True)


def fixed_bins(df: Any) -> Any:
    """Returns in bins that were chosen beforehand."""
    import pandas as pd

    returns = df["close"].pct_change(fill_method=None)
    return pd.cut(returns, [-np.inf, -0.02, 0.0, 0.02, np.inf], labels=False)


def filtered_forward(close: Any) -> Any:
    """A low-pass filter run forwards."""
    return lfilter([0.1], [1.0, -0.9], close.ffill().fillna(0.0).to_numpy())


def convolved_causally(close: Any) -> Any:
    """A trailing kernel by way of Fourier transforms, whose rounding depends on the length."""
    kernel = np.exp(-np.arange(40) / 8.0)
    return fftconvolve(close.ffill().fillna(0.0).to_numpy(), kernel / kernel.sum())[: len(close)]


def averaged_forward(close: Any) -> Any:
    """An exponential average."""
    return close.ewm(span=10, adjust=False).mean()


def drawdown(close: Any) -> Any:
    """How far the close is below the highest so far."""
    return close / close.cummax() - 1.0


def last_week(df: Any) -> Any:
    """The last whole week's close."""
    weekly = df["close"].resample("W-FRI").last()
    return df["close"] / weekly.reindex(df.index, method="ffill").shift(1)


def last_month(df: Any) -> Any:
    """The mean of the month before."""
    month = df.index.to_period("M")
    means = df["close"].groupby(month).mean().shift(1)
    return means.reindex(month).to_numpy()


def month_so_far(df: Any) -> Any:
    """The month's highest close so far."""
    return df.groupby(df.index.to_period("M"))["close"].cummax()


def joined_backward(df: Any) -> Any:
    """The nearest Friday's close, looking back."""
    import pandas as pd

    fridays = df.loc[df.index.dayofweek == 4, ["close"]].rename(columns={"close": "friday"})
    rows = pd.merge_asof(df[["close"]], fridays, left_index=True, right_index=True, direction="backward")
    return rows["friday"] / rows["close"]


def confirmed_swing(df: Any) -> Any:
    """A high above the two before and the two after, told two sessions later."""
    high = df["high"]
    middle = high.shift(2)
    return ((middle > high.shift(4)) & (middle > high.shift(3)) & (middle > high.shift(1)) & (middle > high)) * 1.0


def over_first(df: Any) -> Any:
    """The close over the first one."""
    return df["close"] / df["close"].iloc[0]


def winsorised_so_far(df: Any) -> Any:
    """Returns cut at quantiles of the returns so far."""
    returns = df["close"].pct_change(fill_method=None)
    return returns.clip(returns.expanding(20).quantile(0.05), returns.expanding(20).quantile(0.95))


def trailing_trend(close: Any) -> Any:
    """The slope of a line through the last 20 closes."""
    x = np.arange(20) - 9.5
    return close.rolling(20).apply(lambda window: float((x * window).sum() / (x * x).sum()), raw=True)


def trailing_spectrum(close: Any) -> Any:
    """The strongest period of the last 64 closes."""
    values = close.ffill().fillna(0.0).to_numpy()
    if len(values) < 64:
        return np.full(len(values), np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(values, 64)
    power = np.abs(np.fft.rfft(windows - windows.mean(axis=1, keepdims=True), axis=1))[:, 1:]
    return np.concatenate([np.full(63, np.nan), 64.0 / (1.0 + power.argmax(axis=1))])


def twice_reversed(close: Any) -> Any:
    """Reversed, and put right again before anything is averaged."""
    return close[::-1][::-1].rolling(5).mean()


def total_less_rest(volume: Any) -> Any:
    """The volume so far, worked out as the total less what is to come."""
    return volume.fillna(0.0).sum() - volume.fillna(0.0)[::-1].cumsum()[::-1].shift(-1).fillna(0.0)


def seeded(close: Any) -> Any:
    """Noise of a fixed seed on a trailing mean."""
    return close.rolling(3).mean() + 1e-3 * np.random.default_rng(7).standard_normal(len(close))


def relative_strength(df: Any) -> Any:
    """Wilder's index by TA-Lib."""
    import talib

    return talib.RSI(df["close"].ffill().to_numpy(), 14)


def in_place(df: Any) -> Any:
    """Writes into the frame that it was given, as many do; its values only look back."""
    df["ret"] = df["close"].pct_change(fill_method=None)
    df["mean"] = df["ret"].rolling(10).mean()
    return df["mean"]


def days_left(df: Any) -> Any:
    """Days left in the month, which the calendar knows."""
    return df.index.days_in_month - df.index.day


def weekday_so_far(df: Any) -> Any:
    """The mean return of the weekday so far, without today's."""
    returns = df["close"].pct_change(fill_method=None)
    return returns.groupby(df.index.dayofweek).transform(lambda each: each.expanding().mean().shift(1))


def busy_days_known(df: Any) -> Any:
    """Yesterday's range, on days of extreme volume today's."""
    span = (df["high"] - df["low"]) / df["close"]
    busy = df["volume"] > 6.0 * df["volume"].rolling(20).median()
    return span.shift(1).where(~busy, span)
