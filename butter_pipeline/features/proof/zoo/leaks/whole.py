"""Leaks that rest on the whole sample.

What belongs here: functions that fit, rank, filter or normalise over all rows. What does not: a few rows ahead
(`ahead`).
"""

from typing import Any

import numpy as np
from scipy.signal import detrend, filtfilt


def z_score(df: Any) -> Any:
    """The close less the sample's mean over the sample's deviation."""
    return (df["close"] - df["close"].mean()) / df["close"].std()


def min_max(close: Any) -> Any:
    """The close between the sample's least and greatest."""
    return (close - close.min()) / (close.max() - close.min())


def scaled_by_scikit(df: Any) -> Any:
    """A scaler fitted on everything."""
    from sklearn.preprocessing import StandardScaler

    return StandardScaler().fit_transform(df[["close", "volume"]])


def clustered(df: Any) -> Any:
    """Clusters of returns and ranges, fitted on everything."""
    from sklearn.cluster import KMeans

    rows = np.column_stack(
        [df["close"].pct_change(fill_method=None).fillna(0.0), (df["high"] - df["low"]) / df["close"]]
    )
    return KMeans(3, n_init=1, random_state=0, max_iter=20).fit_predict(rows)


def principal(df: Any) -> Any:
    """The first principal component of four prices, fitted on everything."""
    from sklearn.decomposition import PCA

    return PCA(1, random_state=0).fit_transform(df[["open", "high", "low", "close"]])[:, 0]


def ranked(df: Any) -> Any:
    """The share of all closes that are lower."""
    return df.close.rank(pct=True)


def quantiled(df: Any) -> Any:
    """The decile of the volume among all volumes."""
    import pandas as pd

    return pd.qcut(df["volume"].rank(method="first"), 10, labels=False)


def filtered_both_ways(close: Any) -> Any:
    """A low-pass filter run forwards and backwards."""
    return filtfilt([0.1], [1.0, -0.9], close.ffill().bfill().to_numpy())


def spectrum(close: Any) -> Any:
    """The strongest wave of the whole series, continued."""
    log = np.log(close.ffill().bfill().to_numpy())
    waves = np.fft.rfft(log - log.mean())
    waves[np.abs(waves) < np.abs(waves).max()] = 0.0
    return np.fft.irfft(waves, len(log))


def detrended(close: Any) -> Any:
    """The close less a line through everything."""
    return detrend(np.log(close.ffill().bfill().to_numpy()))


def over_final(df: Any) -> Any:
    """The close over the last one."""
    return df["close"] / df["close"].iloc[-1]


def winsorised(df: Any) -> Any:
    """Returns cut at quantiles of the sample."""
    returns = df["close"].pct_change(fill_method=None)
    return returns.clip(returns.quantile(0.05), returns.quantile(0.95))


def imputed(df: Any) -> Any:
    """Returns, a missing one as the mean of all."""
    returns = df["close"].pct_change(fill_method=None)
    return returns.fillna(returns.mean())


def highest_from_the_end(close: Any) -> Any:
    """How far the close is below the highest that is still to come."""
    return close / close[::-1].cummax()[::-1] - 1.0


def expanding_from_the_end(close: Any) -> Any:
    """The mean of everything from the end to here."""
    return close[::-1].expanding().mean()[::-1]


def averaged_backward(close: Any) -> Any:
    """An exponential average that runs from the end."""
    return close.iloc[::-1].ewm(span=10).mean().iloc[::-1]


def seasonal(df: Any) -> Any:
    """The mean return of the weekday over the sample, for each of its days."""
    returns = df["close"].pct_change(fill_method=None)
    return returns.groupby(df.index.dayofweek).transform("mean")


def encoded(df: Any) -> Any:
    """A weekday by the mean of what followed it, over the sample: target encoding."""
    target = (df["close"].shift(-1) > df["close"]).astype(float)
    return df.index.dayofweek.map(target.groupby(df.index.dayofweek).mean())


def smoothed_states(df: Any) -> Any:
    """The calm state's probability, given everything: a hidden Markov model, fitted and smoothed over all."""
    returns = df["close"].pct_change(fill_method=None).fillna(0.0).to_numpy()
    spreads = np.array([0.6, 1.8]) * returns.std()
    likely = np.exp(-0.5 * (returns[:, None] / spreads) ** 2) / spreads + 1e-300
    change = np.array([[0.97, 0.03], [0.03, 0.97]])
    forward, backward = np.ones_like(likely), np.ones_like(likely)
    for at in range(1, len(returns)):
        forward[at] = (forward[at - 1] @ change) * likely[at]
        forward[at] /= forward[at].sum()
    for at in range(len(returns) - 2, -1, -1):
        backward[at] = change @ (likely[at + 1] * backward[at + 1])
        backward[at] /= backward[at].sum()
    both = forward * backward
    return both[:, 0] / both.sum(axis=1)


def viterbi(df: Any) -> Any:
    """The likeliest path of states through everything, by hmmlearn."""
    from hmmlearn.hmm import GaussianHMM

    returns = 100.0 * df["close"].pct_change(fill_method=None).fillna(0.0).to_numpy().reshape(-1, 1)
    return GaussianHMM(2, n_iter=3, random_state=0).fit(returns).predict(returns)


def garch_of_everything(df: Any) -> Any:
    """Conditional variance by a law whose level is that of the whole sample."""
    returns = df["close"].pct_change(fill_method=None).fillna(0.0).to_numpy()
    level = returns.var()
    variance = np.full(len(returns), level)
    for at in range(1, len(returns)):
        variance[at] = 0.05 * level + 0.1 * returns[at - 1] ** 2 + 0.85 * variance[at - 1]
    return np.sqrt(variance)


def regressed(df: Any) -> Any:
    """What is left of the return after a regression on volume over everything."""
    returns = df["close"].pct_change(fill_method=None).fillna(0.0)
    volume = np.log1p(df["volume"])
    slope = np.cov(returns, volume)[0, 1] / volume.var()
    return returns - slope * (volume - volume.mean())


def trained_on_part(df: Any) -> Any:
    """Scaled by the first six tenths, which end where the end says."""
    part = df["close"].iloc[: int(0.6 * len(df))]
    return (df["close"] - part.mean()) / part.std()


def share_of_total(volume: Any) -> Any:
    """How much of all volume has been traded so far."""
    return volume.cumsum() / volume.sum()
