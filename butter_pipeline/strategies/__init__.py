"""Strategies on bars: each says when to go long or short, and where it was wrong or right.

What belongs here: one module per strategy, behind `protocol.Strategy`, and the table of them by name. A new one is
a module and a line in `_kinds`. What does not: outcomes (`labels`), and deciding what is traded (`trading`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from butter_pipeline.errors import ButterError

if TYPE_CHECKING:
    from butter_pipeline.strategies.protocol import Strategy


def strategies_from_config(values: Mapping[str, Mapping[str, Any]]) -> "Sequence[Strategy]":
    """The strategies that a configuration (opportunities.yml, under strategies) names, by name."""
    kinds = _kinds()
    return [_built(kinds, name, values[name] or {}) for name in sorted(values)]


def _kinds() -> "Mapping[str, type[Any]]":
    from butter_pipeline.strategies.ibs import InternalBarStrength
    from butter_pipeline.strategies.mean_reversion import MeanReversion

    return {kind.name: kind for kind in (InternalBarStrength, MeanReversion)}


def _built(kinds: Mapping[str, type[Any]], name: str, values: Mapping[str, Any]) -> "Strategy":
    where = f"opportunities.yml: strategies: {name}"
    if name not in kinds:
        raise ButterError(f"{where}: no such strategy; there are {', '.join(sorted(kinds))}")
    wanted = {each.name for each in fields(kinds[name])}
    if set(values) != wanted:
        odd = sorted(wanted ^ set(values))[0]
        raise ButterError(f"{where}: {odd} is {'missing' if odd in wanted else 'no parameter of it'}; set it right")
    for key, found in values.items():
        if isinstance(found, bool) or not isinstance(found, int | float):
            raise ButterError(f"{where}: {key} must be a number, was {found!r}; set it right")
    built: Strategy = kinds[name](**{key: float(found) for key, found in values.items()})
    return built
