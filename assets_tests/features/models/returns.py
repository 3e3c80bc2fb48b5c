"""Returns of known laws, and where the published values are."""

import json

import numpy as np
from scipy.signal import lfilter

from assets_tests.shared_data import shared_data


def garch_returns(count: int, seed: int, law: tuple[float, float, float] = (0.05, 0.09, 0.88)) -> np.ndarray:
    """Returns about 0.02 whose variance follows GARCH(1,1): constant, shock, persistence."""
    constant, shock, persistence = law
    drawn = np.random.default_rng(seed).standard_normal(count + 200)
    variance, made = constant / (1.0 - shock - persistence), []
    for each in drawn:
        made.append(each * np.sqrt(variance))
        variance = constant + shock * made[-1] ** 2 + persistence * variance
    return 0.02 + np.array(made[200:])


def arma_values(count: int, seed: int, own: float, shock: float) -> np.ndarray:
    """Values about 0.3 of an ARMA(1,1)."""
    drawn = np.random.default_rng(seed).standard_normal(count + 200)
    made: np.ndarray = 0.3 + lfilter([1.0, shock], [1.0, -own], drawn)[200:]
    return made


def published(name: str) -> dict:
    return json.loads(shared_data("reference", "published_values.json").read_text())[name]


def mark_against_the_pound() -> np.ndarray:
    """The returns of Bollerslev and Ghysels, in percent."""
    return np.genfromtxt(shared_data("reference", "garch_dem_gbp.csv"), delimiter=",", skip_header=1)[:, 0]
