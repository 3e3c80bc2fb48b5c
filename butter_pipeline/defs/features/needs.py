"""Which columns of the matrix something else reads, held against those that it has: when definitions are loaded.

What belongs here: who needs what. What does not: choosing columns (configs/learning.yml) and joining them
(`features.matrix`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields

from butter_pipeline import configs
from butter_pipeline.drift.plan import plan_from_config
from butter_pipeline.features.matrix import refuse_unnamed
from butter_pipeline.learning.plan import plan_of
from butter_pipeline.opportunities.scores import Outlook
from butter_pipeline.strategies import strategies_from_config


def chosen() -> Sequence[str]:
    """The columns that configs/learning.yml names, in its order; refused where one is missing that something reads."""
    names = plan_of(configs.load("learning")).features
    refuse_unnamed(names, needed())
    return names


def needed() -> Mapping[str, Sequence[str]]:
    """By who needs them, the columns that are read from the matrix beside those that models learn from."""
    strategies = strategies_from_config(configs.value("opportunities", "strategies", dict))
    return {
        "the scores of butterflies (opportunities/scores.py)": [each.name for each in fields(Outlook)],
        **{f"the strategy {each.name} (opportunities.yml)": each.needs for each in strategies},
        "drift (drift.yml: columns)": plan_from_config(configs.load("drift").values).columns,
    }
