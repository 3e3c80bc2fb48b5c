"""The four scores of a butterfly, 0 to 100 each, and what the features say that they rest on.

What belongs here: the formulas. What does not: how they are weighted (the caller says), the features themselves,
and the market's own probability (`probability`).

What a feature does not say yet counts for neither side: the score is 50. Every formula is elementwise.
"""

from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa

from butter_pipeline.opportunities.columns import Floats, Ints, numbers, taken
from butter_pipeline.options.black_scholes import SESSIONS_PER_YEAR

NEUTRAL = 50.0
HORIZON_SESSIONS = 7
MOMENTUM_SESSIONS = 20


@dataclass(frozen=True)
class Outlook:
    """What the features of a session say of a symbol, one element per butterfly; nan where they do not."""

    arima_7_pct: Floats
    arima_band_7_pct: Floats
    garch_7_pct: Floats
    hv_21_pct: Floats
    hv_ratio_10_63: Floats
    fourier_7_pct: Floats
    fourier_power_share: Floats
    adx_14: Floats
    momentum_20_pct: Floats


def outlook_of(features: pa.Table, rows: Ints) -> Outlook:
    """The features at these rows of the matrix, -1 for none."""
    return Outlook(**{each.name: taken(numbers(features, each.name), rows) for each in fields(Outlook)})


def price_match(body_pct: Floats, outlook: Outlook) -> Floats:
    """How near the body is to where ARIMA expects the price: 100 exp(-z^2 / 2).

    z = (body_pct - arima_7_pct) / arima_band_7_pct, where body_pct is 100 ln(body / spot).
    """
    return _known(100.0 * _bell(body_pct - outlook.arima_7_pct, outlook.arima_band_7_pct))


def vol_mispricing(body_iv: Floats, outlook: Outlook) -> Floats:
    """How far implied volatility is above GARCH's forecast: 50 + 100 ln(100 body_iv / garch_7_pct), within 0 to 100.

    A long butterfly is paid when the price moves less than its options ask for.
    """
    return _known(50.0 + 100.0 * (np.log(100.0 * body_iv) - np.log(_positive(outlook.garch_7_pct))))


def stability(outlook: Outlook) -> Floats:
    """How quiet the price is: the mean of three parts, each 0 to 100.

    Calming: 100 (1.5 - hv_ratio_10_63). Going nowhere: 100 exp(-z^2 / 2), z the momentum over 20 sessions in its
    standard deviations. Without direction: 100 (50 - adx_14) / 40.
    """
    calming = _known(100.0 * (1.5 - outlook.hv_ratio_10_63))
    deviation = outlook.hv_21_pct * np.sqrt(MOMENTUM_SESSIONS / SESSIONS_PER_YEAR)
    still = _known(100.0 * _bell(outlook.momentum_20_pct, deviation))
    undirected = _known(100.0 * (50.0 - outlook.adx_14) / 40.0)
    return np.asarray((calming + still + undirected) / 3.0)


def fourier(body_pct: Floats, outlook: Outlook) -> Floats:
    """How well the dominant cycle points at the body: 50 + fourier_power_share (100 exp(-z^2 / 2) - 50).

    z = (body_pct - fourier_7_pct) in standard deviations of seven sessions; a weak cycle says little either way.
    """
    deviation = outlook.hv_21_pct * np.sqrt(HORIZON_SESSIONS / SESSIONS_PER_YEAR)
    pointed = 100.0 * _bell(body_pct - outlook.fourier_7_pct, deviation)
    return _known(NEUTRAL + outlook.fourier_power_share * (pointed - NEUTRAL))


def _bell(distance: Floats, unit: Floats) -> Floats:
    """How near nothing a distance is in some unit: 1 there, 0.61 one unit away."""
    with np.errstate(over="ignore"):
        z = np.clip(distance / _positive(unit), -99.0, 99.0)  # further away it is nothing all the same
    return np.asarray(np.exp(-0.5 * z * z))


def _positive(values: Floats) -> Floats:
    """The values above zero; nothing can be measured in units of the others."""
    return np.asarray(np.where(values > 0.0, values, np.nan))


def _known(score: Floats) -> Floats:
    """The score within 0 to 100, neutral where it could not be told."""
    return np.asarray(np.where(np.isnan(score), NEUTRAL, np.clip(score, 0.0, 100.0)))
