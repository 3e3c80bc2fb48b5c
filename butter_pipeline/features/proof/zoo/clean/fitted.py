"""Clean: what is fitted on the rows before.

What belongs here: walk-forward fits, filters with parameters of the past, fitted transforms. What does not: formulas
(`trailing`).
"""

from functools import lru_cache
from typing import Any

import numpy as np


def clustered_by_year(df: Any) -> Any:
    """Clusters of returns and ranges, fitted on everything before each year."""
    from sklearn.cluster import KMeans

    rows = np.column_stack(
        [df["close"].pct_change(fill_method=None).fillna(0.0), (df["high"] - df["low"]) / df["close"]]
    )
    found = np.full(len(rows), np.nan)
    for year in np.unique(df.index.year):
        past, now = rows[df.index.year < year], rows[df.index.year == year]
        if len(past) >= 60:
            found[df.index.year == year] = KMeans(2, n_init=1, random_state=0, max_iter=10).fit(past).predict(now)
    return found


def scaled_by_the_past(df: Any) -> Any:
    """The volume scaled by mean and deviation of all months before."""
    month = np.asarray(df.index.to_period("M").astype("int64"))
    volume = df["volume"].to_numpy()
    found = np.full(len(volume), np.nan)
    for each in np.unique(month):
        past = volume[month < each]
        if len(past) > 20:
            found[month == each] = (volume[month == each] - past.mean()) / past.std()
    return found


def filtered_states(df: Any) -> Any:
    """The calm state's probability given everything so far: a hidden Markov model with stated parameters."""
    returns = df["close"].pct_change(fill_method=None).fillna(0.0).to_numpy()
    spreads = np.array([0.01, 0.03])
    likely = np.exp(-0.5 * (returns[:, None] / spreads) ** 2) / spreads + 1e-300
    change = np.array([[0.97, 0.03], [0.03, 0.97]])
    forward = np.ones_like(likely)
    for at in range(1, len(returns)):
        forward[at] = (forward[at - 1] @ change) * likely[at]
        forward[at] /= forward[at].sum()
    return forward[:, 0] / forward.sum(axis=1)


def garch_of_the_past(df: Any) -> Any:
    """Conditional variance by a law whose level is the variance so far."""
    returns = df["close"].pct_change(fill_method=None).fillna(0.0)
    level = returns.expanding(2).var().fillna(1e-4).to_numpy()
    squared = returns.to_numpy() ** 2
    variance = level.copy()
    for at in range(1, len(variance)):
        variance[at] = 0.05 * level[at - 1] + 0.1 * squared[at - 1] + 0.85 * variance[at - 1]
    return np.sqrt(variance)


@lru_cache(maxsize=8)
def _weights(span: int) -> Any:
    return np.exp(-np.arange(span) / span)


def with_cached_weights(close: Any) -> Any:
    """A weighted mean whose weights, not data, are kept between calls."""
    weights = _weights(15)
    return close.rolling(15).apply(lambda window: float((window * weights[::-1]).sum() / weights.sum()), raw=True)


_seen: dict[bytes, Any] = {}


def cached_by_content(close: Any) -> Any:
    """Results kept under what they were made of."""
    key = close.to_numpy().tobytes()
    if key not in _seen:
        _seen[key] = close.diff().rolling(7).std()
    return _seen[key]


class Scaler:
    """Scales by mean and deviation of what it was fitted on."""

    def fit(self, X: Any) -> "Scaler":  # noqa: N803  as the trade writes it
        """Mean and deviation of a sample."""
        self.mean_, self.deviation_ = X.mean(), X.std()
        return self

    def transform(self, X: Any) -> Any:  # noqa: N803
        """Scaled by the sample's."""
        return (X - self.mean_) / self.deviation_


class Components:
    """The first component of a sample's prices, by scikit-learn."""

    def fit(self, X: Any) -> "Components":  # noqa: N803  as the trade writes it
        """The direction of a sample."""
        from sklearn.decomposition import PCA

        self.model_ = PCA(1, random_state=0).fit(X[["open", "high", "low", "close"]])
        return self

    def transform(self, X: Any) -> Any:  # noqa: N803
        """Along the sample's direction."""
        return self.model_.transform(X[["open", "high", "low", "close"]])
