"""What else reads the matrix is held against what is chosen for it, when definitions are loaded."""

from dataclasses import replace

import pytest

from butter_pipeline import configs
from butter_pipeline.configs import ConfigError
from butter_pipeline.defs.features import needs
from butter_pipeline.learning.plan import plan_of


def test_the_shipped_choice_has_all_that_is_needed() -> None:
    assert needs.chosen() == plan_of(configs.load("learning")).features
    assert all(columns for columns in needs.needed().values()) and len(needs.needed()) >= 4


@pytest.mark.parametrize(
    ("column", "who"),
    [
        ("garch_7_pct", "the scores of butterflies (opportunities/scores.py)"),
        ("ibs", "the strategy ibs (opportunities.yml)"),
        ("rsi_14", "the strategy mean_reversion (opportunities.yml)"),
        ("iv_change_5_pct", "drift (drift.yml: columns)"),
    ],
)
def test_a_column_that_is_not_named_is_told_with_who_needs_it_and_where(
    column: str, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = plan_of(configs.load("learning"))
    fewer = replace(shipped, features=tuple(name for name in shipped.features if name != column))
    monkeypatch.setattr(needs, "plan_of", lambda _: fewer)
    with pytest.raises(ConfigError) as refused:
        needs.chosen()
    assert str(refused.value) == f"learning.yml: features does not name {column}, which {who} needs; add it"
