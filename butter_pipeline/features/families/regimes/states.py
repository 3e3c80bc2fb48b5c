"""The regime that the market is taken to be in: how likely each is, how sure that is, and for how long.

What belongs here: features of the hidden Markov model. What does not: the model (`hidden`) and its names (`naming`).
"""

from collections.abc import Sequence

import numpy as np

from butter_pipeline.features.families.regimes.curve import INDICES, LEAST_ROWS, of_market, variances
from butter_pipeline.features.families.regimes.hidden import AGE, CONVERGED, MARKET_STATES
from butter_pipeline.features.families.regimes.naming import BEARISH, BULLISH, HIGH, RANGING, STATES
from butter_pipeline.features.registry import Floats, Integers, feature
from butter_pipeline.features.transforms import applied
from butter_pipeline.features.windows import View

SERIES = (*INDICES, "context.index_level")
LOOKBACK_ROWS = MARKET_STATES.lookback_rows
WARMUP = LEAST_ROWS + 24


@feature(SERIES, LOOKBACK_ROWS, "probability", (0.0, 1.0), WARMUP)
def regime_bullish(view: View) -> Floats:
    """The probability that the market is trending_bullish.

    P(state | curves up to the session), forward filter. Source: Hamilton (1989), Econometrica 57(2).
    """
    return _told(view, BULLISH)


@feature(SERIES, LOOKBACK_ROWS, "probability", (0.0, 1.0), WARMUP)
def regime_bearish(view: View) -> Floats:
    """The probability that the market is trending_bearish.

    P(state | curves up to the session), forward filter. Source: Hamilton (1989), Econometrica 57(2).
    """
    return _told(view, BEARISH)


@feature(SERIES, LOOKBACK_ROWS, "probability", (0.0, 1.0), WARMUP)
def regime_ranging(view: View) -> Floats:
    """The probability that the market is ranging.

    P(state | curves up to the session), forward filter. Source: Hamilton (1989), Econometrica 57(2).
    """
    return _told(view, RANGING)


@feature(SERIES, LOOKBACK_ROWS, "probability", (0.0, 1.0), WARMUP)
def regime_high_volatility(view: View) -> Floats:
    """The probability that the market is in high_volatility.

    P(state | curves up to the session), forward filter. Source: Hamilton (1989), Econometrica 57(2).
    """
    return _told(view, HIGH)


@feature(SERIES, LOOKBACK_ROWS, "0 bullish, 1 bearish, 2 ranging, 3 high volatility", (0.0, 3.0), WARMUP)
def regime_state(view: View) -> Floats:
    """The likeliest regime of the market.

    argmax of the four probabilities. Source: Hamilton (1989), Econometrica 57(2).
    """
    told = view.shared(_filtered)[: len(STATES)]
    return np.where(np.isnan(told[0]), np.nan, told.argmax(axis=0).astype(np.float64))


@feature(SERIES, LOOKBACK_ROWS, "probability", (0.0, 1.0), WARMUP)
def regime_confidence(view: View) -> Floats:
    """How sure the likeliest regime is.

    max of the four probabilities. Source: Hamilton (1989), Econometrica 57(2).
    """
    found: Floats = view.shared(_filtered)[: len(STATES)].max(axis=0)
    return found


@feature(SERIES, LOOKBACK_ROWS, "sessions", (1.0, float(LOOKBACK_ROWS)), WARMUP)
def regime_age_sessions(view: View) -> Floats:
    """For how many sessions the likeliest regime has been the same, within what the month's fit has seen.

    Sessions since the argmax changed. Source: Hamilton (1989), Econometrica 57(2).
    """
    return _told(view, AGE)


@feature(SERIES, LOOKBACK_ROWS, "1 or 0", (0.0, 1.0), WARMUP, formula="garch_converged")
def regime_converged(view: View) -> Floats:
    """1 where the month's hidden Markov model converged; where it did not, its states are those of the last step.

    |log likelihood - log likelihood one step before| < 0.01. Source: Baum, Petrie, Soules and Weiss (1970), Annals of
    Mathematical Statistics 41(1).
    """
    return _told(view, CONVERGED)


def _told(view: View, what: int) -> Floats:
    found: Floats = view.shared(_filtered)[what]
    return found


def _filtered(view: View) -> Floats:
    return of_market(view, SERIES, _states)


def _states(told: Sequence[Floats], places: Integers) -> Floats:
    return applied(MARKET_STATES, columns(told, places), places)


def columns(told: Sequence[Floats], places: Integers) -> Sequence[Floats]:
    """What the model is fitted on and applied to, of the SERIES: near, middle and far variance, the index's return."""
    *indices, level = told
    index = np.log(level)
    returns = np.full(index.shape, np.nan)
    returns[1:] = index[1:] - index[:-1]
    return [*variances(indices, places), returns]
