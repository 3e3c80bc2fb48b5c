"""The slopes of the exact likelihood of ARMA(1,1) about a mean, in one walk along the series, compiled.

What belongs here: the order that families fit by the thousand. What does not: other orders, whose slopes are
differences of their likelihood (`arma`).

    u = y - own y[1] - r u[1]     r = shock / v[1]     v = 1 + shock^2 - shock r

The shocks are u, their variances in units of the steady one v, at first (1 + 2 own shock + shock^2) / (1 - own^2);
slopes follow by the chain rule. Axes are the mean, own and shock: at this order partial correlations are coefficients.
"""

import numpy as np

from butter_pipeline.features.models.kernels.algebra import inside
from butter_pipeline.features.models.kernels.compiled import inner
from butter_pipeline.features.registry import Floats

STEADY = 1e-15
"""Shock variances that differ by less, relatively, no longer change."""


@inner
def scaled_shocks(point: Floats, series: Floats, scaled: Floats, slopes: Floats, logarithms: Floats) -> None:
    """Fills in the shocks in units of their deviation and the slopes of those, by axis.

    `logarithms` are the sum of the logarithms of the variances, and its slopes along own and shock.
    """
    mean, own, shock = point[0], point[1], point[2]
    size = (1.0 + 2.0 * own * shock + shock * shock) / (1.0 - own * own)
    by_own, by_shock = 2.0 * (shock + own * size) / (1.0 - own * own), 2.0 * (own + shock) / (1.0 - own * own)
    before, u, u_mean, u_own, u_shock = 0.0, series[0] - mean, -1.0, 0.0, 0.0
    r, r_own, r_shock, deviation, changing = 0.0, 0.0, 0.0, np.sqrt(size), True
    own_share, shock_share = by_own / size, by_shock / size
    total, product, logs_own, logs_shock = 0.0, 1.0, 0.0, 0.0
    for number in range(len(series)):
        apart = series[number] - mean
        if number > 0:
            if changing:
                r, r_own, r_shock = shock / size, -shock * own_share / size, (1.0 - shock * shock_share) / size
                last, size = size, 1.0 + shock * shock - shock * r
                by_own, by_shock = -shock * r_own, 2.0 * shock - r - shock * r_shock
                own_share, shock_share, deviation = by_own / size, by_shock / size, np.sqrt(size)
                changing = abs(size - last) > STEADY * size
            u_mean = own - 1.0 - r * u_mean
            u_own = -before - r * u_own - r_own * u
            u_shock = -r * u_shock - r_shock * u
            u = apart - own * before - r * u
        before = apart
        product *= size
        if number % 8 == 7:
            total, product = total + np.log(product), 1.0
        logs_own, logs_shock = logs_own + own_share, logs_shock + shock_share
        scaled[number] = u / deviation
        slopes[0, number] = u_mean / deviation
        slopes[1, number] = u_own / deviation - 0.5 * own_share * scaled[number]
        slopes[2, number] = u_shock / deviation - 0.5 * shock_share * scaled[number]
    logarithms[0], logarithms[1], logarithms[2] = total + np.log(product), logs_own, logs_shock


@inner
def slopes_11(point: Floats, series: Floats, gradient: Floats) -> float:
    """The likelihood at the likeliest variance of the shocks, less its constant; fills in its gradient."""
    count = len(series)
    scaled, slopes, logarithms = np.empty(count), np.empty((3, count)), np.zeros(3)
    scaled_shocks(point, series, scaled, slopes, logarithms)
    squares = inside(scaled, scaled)
    gradient[0] = -count * inside(scaled, slopes[0]) / squares
    gradient[1] = -count * inside(scaled, slopes[1]) / squares - 0.5 * logarithms[1]
    gradient[2] = -count * inside(scaled, slopes[2]) / squares - 0.5 * logarithms[2]
    return float(-0.5 * (count * np.log(squares / count) + logarithms[0]))


@inner
def information_11(point: Floats, series: Floats, information: Floats) -> None:
    """Fills in the curvature that the slopes of the shocks expect (Gauss and Newton)."""
    count = len(series)
    scaled, slopes, logarithms = np.empty(count), np.empty((3, count)), np.zeros(3)
    scaled_shocks(point, series, scaled, slopes, logarithms)
    squares = inside(scaled, scaled)
    for row in range(3):
        for column in range(row + 1):
            information[row, column] = inside(slopes[row], slopes[column]) * count / squares
            information[column, row] = information[row, column]
