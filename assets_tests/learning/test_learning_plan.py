from dataclasses import replace

import pytest

from butter_pipeline import configs
from butter_pipeline.configs import ConfigError
from butter_pipeline.learning.plan import plan_of


def changed(part: str, **knobs: object) -> configs.Config:
    held = configs.load("learning")
    return replace(held, values=held.values | {part: held.values[part] | knobs})


def test_the_configuration_as_it_stands_is_a_plan() -> None:
    assert plan_of(configs.load("learning")).vintages.window_sessions == 378


@pytest.mark.parametrize(
    ("part", "knobs", "said"),
    [
        ("trees", {"num_leaves": "six"}, "learning.yml: trees.num_leaves must be int, was 'six'"),
        ("trees", {"num_leaves": None}, "trees.num_leaves must be int, was None"),
        ("rounds", {"fewest": 1}, "learning.yml: rounds.fewest is not known; take it out"),
    ],
)
def test_a_knob_that_is_wrong_missing_or_unknown_is_named_in_one_line(
    part: str, knobs: dict[str, object], said: str
) -> None:
    with pytest.raises(ConfigError, match=said) as raised:
        plan_of(changed(part, **knobs))
    assert "\n" not in str(raised.value)


def test_a_part_that_is_missing_is_named() -> None:
    held = configs.load("learning")
    with pytest.raises(ConfigError, match="needs must be a mapping, was None"):
        plan_of(replace(held, values={name: part for name, part in held.values.items() if name != "needs"}))
