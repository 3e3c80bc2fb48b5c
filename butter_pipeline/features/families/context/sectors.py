"""Sectors: how they do, how alike they move, and the one that a symbol belongs with.

What belongs here: what the series `sector_*` say. What does not: the market as a whole (`market`).

A symbol's sector is the one whose returns correlated most with its own over 126 sessions.
"""

from collections.abc import Sequence

import numpy as np

from butter_pipeline.features.families.context.series import COEFFICIENT, INDEX, correlation
from butter_pipeline.features.registry import Floats, feature
from butter_pipeline.features.smoothing import latest, log_returns, mean, total
from butter_pipeline.features.windows import View

SECTORS = "context.sector_*"
OWN = ("bars.close", SECTORS)
LOOKBACK_ROWS = 127


@feature(OWN, LOOKBACK_ROWS, "coefficient", COEFFICIENT, formula="correlation")
def sector_correlation_126(view: View) -> Floats:
    """Correlation with the sector that the symbol moved with most, over 126 sessions.

    max over sectors of corr(r, s). Source: King (1966), Journal of Business 39(1).
    """
    return view.shared(_nearest)[0]


@feature(OWN, LOOKBACK_ROWS, "percent")
def sector_trend_20_pct(view: View) -> Floats:
    """Log return over 20 sessions of the sector that the symbol moved with most.

    100 ln(S / S[20]). Source: Moskowitz and Grinblatt (1999), Journal of Finance 54(4).
    """
    _, returns = view.shared(_nearest)
    return 100.0 * total(returns[-20:])


@feature(OWN, LOOKBACK_ROWS, "percent")
def sector_relative_strength_63_pct(view: View) -> Floats:
    """What the symbol gained over its sector in 63 sessions, as log return.

    100 (ln(C / C[63]) - ln(S / S[63])). Source: Moskowitz and Grinblatt (1999), Journal of Finance 54(4).
    """
    _, returns = view.shared(_nearest)
    return 100.0 * total(log_returns(view["bars.close"])[-63:] - returns[-63:])


@feature((SECTORS,), 50, "percent", (0.0, 100.0))
def sector_breadth_50_pct(view: View) -> Floats:
    """The share of sectors above their plain average of 50 sessions.

    100 mean over sectors of (S > SMA50(S)). Source: Zaremba, Szyszka, Karathanasopoulos and Mikutowski
    (2021), Economic Modelling 97, on breadth.
    """
    above = [np.where(np.isnan(mean(each)), np.nan, latest(each) > mean(each)) for each in view.every(SECTORS)]
    return 100.0 * _mean_of(above, len(view.symbol))


@feature((SECTORS,), 22, "percent", (0.0, np.inf))
def sector_dispersion_21_pct(view: View) -> Floats:
    """How far the sectors' returns of 21 sessions lie apart.

    100 sd over sectors of ln(S / S[21]). Source: Solnik and Roulet (2000), Financial Analysts Journal 56(1).
    """
    moved = [100.0 * total(log_returns(each)) for each in view.every(SECTORS)]
    level = _mean_of(moved, len(view.symbol))
    if len(moved) < 2:
        return np.full(len(view.symbol), np.nan)
    squares = np.zeros(len(level))
    for each in moved:
        squares = squares + (each - level) ** 2
    return np.sqrt(squares / (len(moved) - 1.0))


@feature((SECTORS, INDEX), 64, "coefficient", COEFFICIENT, formula="correlation")
def market_correlation_63(view: View) -> Floats:
    """How alike the sectors move: their mean correlation with the market over 63 sessions.

    mean over sectors of corr(s, m). Source: Pollet and Wilson (2010), Journal of Financial Economics 96(3).
    """
    market = log_returns(view[INDEX])
    found = [correlation(log_returns(each), market) for each in view.every(SECTORS)]
    return _mean_of(found, len(view.symbol))


def _nearest(view: View) -> tuple[Floats, Floats]:
    """The highest correlation with a sector, and that sector's returns; the first by name of equal ones."""
    own = log_returns(view["bars.close"])
    most, chosen = np.full(own.shape[1], np.nan), np.full(own.shape, np.nan)
    for each in view.every(SECTORS):
        returns = log_returns(each)
        found = correlation(own, returns)
        nearer = (found > most) | (np.isnan(most) & ~np.isnan(found))
        most, chosen = np.where(nearer, found, most), np.where(nearer, returns, chosen)
    return most, chosen


def _mean_of(values: Sequence[Floats], rows: int) -> Floats:
    added = np.zeros(rows)
    for each in values:
        added = added + each
    return added / len(values) if values else np.full(rows, np.nan)
