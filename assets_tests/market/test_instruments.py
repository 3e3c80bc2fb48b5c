"""What configs/market.yml says of instruments, and what it may not say."""

from typing import Any

import pytest

from butter_pipeline.configs import ConfigError, load
from butter_pipeline.market.instruments import Instrument, Policy, policy, policy_from_config


def test_what_is_not_named_is_an_ordinary_instrument() -> None:
    assert policy_from_config({}) == Policy("splits", {})
    assert policy_from_config({}).of("AAPL") == Instrument("difference", may_be_negative=False)


def test_the_delivered_configuration_takes_out_splits_and_names_no_instrument() -> None:
    assert policy() == policy_from_config(load("market").values) == Policy("splits", {})


def test_a_future_may_settle_below_zero() -> None:
    told = {"instruments": {"CL": {"rolls": "difference", "may_be_negative": True}}, "adjustment": "total_return"}
    found = policy_from_config(told)
    assert (found.adjustment, found.of("CL")) == ("total_return", Instrument("difference", may_be_negative=True))
    assert found.of("ES").may_be_negative is False


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"adjustment": "all"}, "adjustment must be splits or total_return, was 'all'"),
        ({"instruments": ["CL"]}, "instruments must be settings by symbol"),
        ({"instruments": {"CL": "future"}}, "instruments.CL must be settings by name, was 'future'"),
        (
            {"instruments": {"CL": {"roll": "ratio"}}},
            "instruments.CL.roll is no setting; there are rolls, may_be_negative",
        ),
        (
            {"instruments": {"CL": {"rolls": "panama"}}},
            "instruments.CL.rolls must be one of difference, ratio, unadjusted",
        ),
        (
            {"instruments": {"CL": {"may_be_negative": 1}}},
            "instruments.CL.may_be_negative must be true or false, was 1",
        ),
        ({"instruments": {"CL": {"rolls": "ratio", "may_be_negative": True}}}, "a ratio needs prices above zero"),
    ],
)
def test_what_nobody_could_mean_is_refused_by_name(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        policy_from_config(values)
    assert said in str(caught.value)
