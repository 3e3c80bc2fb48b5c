"""Leaks that show now and then, that remember, or that do not repeat.

What belongs here: conditions that are seldom met, caches, chance. What does not: leaks in every row.
"""

from typing import Any

import numpy as np


def on_mondays(df: Any) -> Any:
    """Today's return, on Mondays tomorrow's."""
    returns = df["close"].pct_change(fill_method=None)
    return returns.where(df.index.dayofweek != 0, returns.shift(-1).fillna(0.0))


def on_busy_days(df: Any) -> Any:
    """Today's range, on days of extreme volume tomorrow's."""
    span = (df["high"] - df["low"]) / df["close"]
    busy = df["volume"] > 6.0 * df["volume"].rolling(20).median()
    return span.where(~busy, span.shift(-1).fillna(0.0))


def late_rows(df: Any) -> Any:
    """A moving average, centred from row 500 on."""
    mean = df["close"].rolling(11).mean()
    return mean.where(np.arange(len(df)) <= 500, df["close"].rolling(11, center=True, min_periods=1).mean())


def above_a_level(df: Any) -> Any:
    """Volume over its average, unless more than 400 million are traded: then tomorrow's."""
    ratio = df["volume"] / df["volume"].rolling(10).mean()
    return ratio.where(df["volume"] < 4e8, ratio.shift(-1).fillna(1.0))


def in_december(df: Any) -> Any:
    """A trailing mean, in December that of the month."""
    monthly = df.groupby(df.index.to_period("M"))["close"].transform("mean")
    return df["close"].rolling(10).mean().where(df.index.month != 12, monthly)


def if_it_crashes(df: Any) -> Any:
    """The drawdown so far, marked where a crash is to follow."""
    fall = df["close"].shift(-3) / df["close"] - 1.0
    drawdown = df["close"] / df["close"].cummax() - 1.0
    return drawdown.where(~(fall < -0.12), -1.0)


_longest: dict[str, Any] = {}


def remembered(df: Any) -> Any:
    """A z-score by the longest history that was ever seen."""
    if len(df) > len(_longest.get("close", ())):
        _longest["close"] = df["close"].copy()
    seen = _longest["close"]
    return (df["close"] - seen.mean()) / seen.std()


_by_start: dict[Any, Any] = {}


def cached_by_start(df: Any) -> Any:
    """Scales kept under the first day of a history, so that they are those of whoever asked first."""
    key = df.index[0]
    if key not in _by_start:
        _by_start[key] = df["volume"].max()
    return df["volume"] / _by_start[key]


def noisy(close: Any) -> Any:
    """Tomorrow's return, hidden in noise."""
    noise = np.random.default_rng().standard_normal(len(close))
    return close.shift(-1) / close - 1.0 + 0.02 * noise


class ScalerOfBatches:
    """A scaler that scales by whatever it is asked to transform."""

    def fit(self, X: Any) -> "ScalerOfBatches":  # noqa: N803  as the trade writes it
        """Learn nothing that is used."""
        self.mean_ = X.mean()
        return self

    def transform(self, X: Any) -> Any:  # noqa: N803
        """Scaled by the batch itself."""
        return (X - X.mean()) / X.std()
