import pytest

from butter_pipeline import configs
from butter_pipeline.errors import ButterError
from butter_pipeline.labels.rules import rules_from_config

LABELS = {"horizon_sessions": 7, "target_pct": 50, "stop_pct": 40}
COSTS = {"multiplier": 100, "commission_per_contract_usd": 0.65, "slippage_bps": 2}


def test_the_sql_is_told_the_rules_and_the_age_of_the_exit() -> None:
    told = rules_from_config(LABELS, COSTS).settings
    assert told == {"exit_age": 8, "target_pct": 50, "stop_pct": 40, "slippage_bps": 2.0}


def test_the_delivered_configuration_states_every_rule() -> None:
    assert rules_from_config(configs.load("labels").values, configs.load("costs").values).exit_age == 8


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"horizon_sessions": 8}, "horizon_sessions must be from 1 to 7, was 8"),
        ({"target_pct": 0}, "target_pct must be above 0, was 0"),
        ({"stop_pct": "much"}, "stop_pct must be a number, was 'much'"),
        ({"stop_pct": True}, "stop_pct must be a number, was True"),
    ],
)
def test_rules_that_nobody_could_mean_are_refused(changed: dict[str, object], said: str) -> None:
    with pytest.raises(ButterError, match=said):
        rules_from_config(LABELS | changed, COSTS)
