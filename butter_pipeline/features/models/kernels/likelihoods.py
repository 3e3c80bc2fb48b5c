"""One name for the likelihoods of all models, so that the search is compiled once.

What belongs here: which number stands for which likelihood. What does not: any of them.
"""

from butter_pipeline.features.models.kernels.arma import arma_information, arma_slopes, arma_value
from butter_pipeline.features.models.kernels.compiled import thin
from butter_pipeline.features.models.kernels.egarch import egarch_information, egarch_slopes, egarch_value
from butter_pipeline.features.models.kernels.garch import garch_information, garch_slopes, garch_value
from butter_pipeline.features.registry import Floats

GARCH, EGARCH, ARMA = 0, 1, 2


@thin
def value_at(model: int, point: Floats, series: Floats, setting: Floats) -> float:
    """The log likelihood of the series at the point, less its constant."""
    if model == EGARCH:
        return egarch_value(point, series, setting)
    if model == ARMA:
        return arma_value(point, series, setting)
    return garch_value(point, series, setting)


@thin
def slopes_at(model: int, point: Floats, series: Floats, setting: Floats, gradient: Floats) -> float:
    """The same; fills in its gradient."""
    if model == EGARCH:
        return egarch_slopes(point, series, setting, gradient)
    if model == ARMA:
        return arma_slopes(point, series, setting, gradient)
    return garch_slopes(point, series, setting, gradient)


@thin
def information_at(model: int, point: Floats, series: Floats, setting: Floats, information: Floats) -> None:
    """Fills in the expected curvature at the point."""
    if model == EGARCH:
        egarch_information(point, series, setting, information)
    elif model == ARMA:
        arma_information(point, series, setting, information)
    else:
        garch_information(point, series, setting, information)
