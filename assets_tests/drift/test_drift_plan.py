import pytest

from assets_tests.drift.drift_matrices import CONFIG
from butter_pipeline.drift.plan import plan_from_config
from butter_pipeline.errors import ButterError


def test_the_delivered_configuration_is_a_plan():
    plan = plan_from_config(CONFIG)
    assert plan.columns == tuple(CONFIG["columns"])
    assert plan.calibration.safety == CONFIG["calibration"]["safety"]
    assert plan.alert.cool_down_sessions == 63
    assert plan.lookback_sessions == 2 * 252 + 2 * 20 + 23


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"method": "ks"}, "method must be one of wasserstein, jensenshannon, psi, was 'ks'"),
        ({"columns": []}, "columns must be a list of column names"),
        ({"columns": ["a", "a"]}, "columns must differ"),
        ({"window_sessions": 20.5}, "window_sessions must be a whole number, was 20.5"),
        ({"usable_pct": "half"}, "usable_pct must be a number above 0, was 'half'"),
        ({"alert": None}, "alert must be a section, was None"),
        ({"alert": CONFIG["alert"] | {"sessions": 0}}, "alert.sessions must be a number above 0, was 0"),
        ({"alert": CONFIG["alert"] | {"session": 3}}, "alert.session is not known"),
        ({"colums": []}, "colums is not known"),
    ],
)
def test_a_wrong_configuration_is_refused_with_the_key(change, said):
    with pytest.raises(ButterError) as refused:
        plan_from_config(CONFIG | change)
    assert said in str(refused.value) and "\n" not in str(refused.value)
