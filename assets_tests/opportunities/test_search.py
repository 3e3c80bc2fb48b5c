"""The bounds of the search, as configured."""

import pytest

from butter_pipeline import configs
from butter_pipeline.errors import ButterError
from butter_pipeline.opportunities.search import Search, search_from_config
from butter_pipeline.policy.weightings import Weighting, weighting_of

VALUES = configs.load("opportunities").values["butterflies"]


def test_the_delivered_bounds_and_weights_can_be_read() -> None:
    assert isinstance(search_from_config(VALUES), Search)
    weights = weighting_of(configs.load("opportunities").values["weights"], "opportunities.yml: weights")
    assert weights == Weighting(35.0, 30.0, 20.0, 15.0)


@pytest.mark.parametrize(
    ("name", "odd", "said"),
    [
        ("sessions_to_expiry_max", 7, "must be at least 8, was 7"),
        ("sessions_to_expiry_max", 17.5, "must be a whole number, was 17.5"),
        ("expiries", 0, "must be at least 1, was 0"),
        ("per_symbol", True, "must be a whole number, was True"),
        ("width_sigmas", [], "must be numbers above 0"),
        ("width_sigmas", [2.0, 1.5], "must be numbers above 0, each above the one before"),
        ("width_sigmas", [0.0], "must be numbers above 0"),
        ("width_sigmas", 2.0, "must be a list of numbers, was 2.0"),
        ("body_sigmas_max", "far", "must be a number, was 'far'"),
        ("cost_share_pct_max", 0, "must be above 0, was 0"),
    ],
)
def test_a_bound_that_nobody_could_mean_is_named(name: str, odd: object, said: str) -> None:
    with pytest.raises(ButterError, match=f"opportunities.yml: butterflies: {name} {said.split(',')[0]}"):
        search_from_config(VALUES | {name: odd})


def test_a_missing_or_misspelt_bound_is_named() -> None:
    with pytest.raises(ButterError, match="expiries must be there, was None"):
        search_from_config({name: value for name, value in VALUES.items() if name != "expiries"})
    with pytest.raises(ButterError, match="expires must be taken out: there is no such bound, was 2"):
        search_from_config(VALUES | {"expires": 2})
