"""How models are to be made: the values of `configs/learning.yml`, typed.

What belongs here: each knob's name and type. What does not: its value (the file), and what it does (whoever asks).
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from butter_pipeline.configs import Config, ConfigError


@dataclass(frozen=True)
class Vintages:
    """When a vintage is due, and how far back it looks."""

    minimum_sessions: int
    window_sessions: int


@dataclass(frozen=True)
class Needs:
    """The least that a model is fitted on."""

    minimum_rows: int
    minimum_sessions: int


@dataclass(frozen=True)
class Validation:
    """What a model is judged on: shares of sessions, and the bootstrap of the interval."""

    share_pct: int
    rounds_share_pct: int
    interval_pct: int
    resamples: int
    block_sessions: int
    minimum_rows: int
    seed: int


@dataclass(frozen=True)
class Trees:
    """LightGBM's own names, so that its manual is theirs."""

    learning_rate: float
    num_leaves: int
    min_data_in_leaf: int
    lambda_l2: float
    feature_fraction: float
    max_bin: int
    bin_construct_sample_cnt: int
    seed: int


@dataclass(frozen=True)
class Rounds:
    """How many trees there may be, and when the search for their number ends."""

    most: int
    patience: int


@dataclass(frozen=True)
class Registry:
    """How long a model is watched, and how many at once."""

    shadow_sessions: int
    most_shadows: int


@dataclass(frozen=True)
class Plan:
    """All of it; `features` are the columns of the matrix that models learn from, in this order."""

    features: tuple[str, ...]
    vintages: Vintages
    needs: Needs
    validation: Validation
    trees: Trees
    rounds: Rounds
    registry: Registry


def plan_of(config: Config) -> Plan:
    """The plan that a configuration spells out; every knob must be there, and no other."""
    parts: dict[str, Any] = {"features": _names(config.name, config.values.get("features"))}
    for part in fields(Plan)[1:]:
        kind: Any = part.type
        values = config.values.get(part.name)
        parts[part.name] = kind(**_checked(config.name, part.name, kind, values))
    return Plan(**parts)


def _names(config: str, values: Any) -> tuple[str, ...]:
    if not isinstance(values, list) or not values or not all(isinstance(each, str) for each in values):
        raise ConfigError(
            f"{config}.yml: features must be a list of columns of the matrix, was {values!r}; set it right"
        )
    twice = sorted({each for each in values if values.count(each) > 1})
    if twice:
        raise ConfigError(f"{config}.yml: features names {twice[0]} twice; take one out")
    return tuple(values)


def _checked(config: str, part: str, kind: Any, values: Any) -> Mapping[str, Any]:
    if not isinstance(values, dict):
        raise ConfigError(f"{config}.yml: {part} must be a mapping, was {values!r}; set it right")
    for knob in fields(kind):
        value = values.get(knob.name)
        if type(value) is not knob.type:
            raise ConfigError(f"{config}.yml: {part}.{knob.name} must be {knob.type.__name__}, was {value!r}")  # type: ignore[union-attr]
    unknown = sorted(set(values) - {knob.name for knob in fields(kind)})
    if unknown:
        raise ConfigError(f"{config}.yml: {part}.{unknown[0]} is not known; take it out")
    return values
