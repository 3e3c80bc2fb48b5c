"""In which order history is made, where a range of sessions cannot simply go through the whole graph at once.

What belongs here: sorting assets into turns. What does not: running them (`launch`), or what was made (`history`).

A session's decisions rest on models that were trained on earlier sessions, by the calendar or because a drift report
asked for it. A range of a year therefore takes turns: first what knows of no model, drift reports included; then the
vintages; then what stands on a model. Each session so sees the very models that it would have seen had it been lived.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import dagster as dg

from butter_pipeline.defs.partitions import SESSIONS, VINTAGES

if TYPE_CHECKING:
    from dagster._core.definitions.assets.graph.asset_graph import AssetGraph


@dataclass(frozen=True)
class Turns:
    """The assets of a selection, each list in the order in which its assets are made."""

    before_models: Sequence[dg.AssetKey]
    vintages: Sequence[dg.AssetKey]
    on_models: Sequence[dg.AssetKey]
    whole: Sequence[dg.AssetKey]

    @property
    def by_session(self) -> Sequence[dg.AssetKey]:
        """Everything that is cut by session, in the order of its turns."""
        return [*self.before_models, *self.on_models]


def turns(graph: "AssetGraph", keys: Sequence[dg.AssetKey]) -> Turns:
    """The keys, which are in the graph's order, by turn."""
    trained = [key for key in graph.toposorted_asset_keys if graph.get(key).partitions_def == VINTAGES]
    # One step makes all of its assets: it waits for whatever the first of them waits for.
    on_models = {made for key in _behind(graph, set(trained)) for made in together(graph, key)}
    session = [key for key in keys if graph.get(key).partitions_def == SESSIONS]
    return Turns(
        before_models=[key for key in session if key not in on_models],
        vintages=[key for key in keys if key in trained],
        on_models=[key for key in session if key in on_models],
        whole=[key for key in keys if graph.get(key).partitions_def is None],
    )


def together(graph: "AssetGraph", key: dg.AssetKey) -> set[dg.AssetKey]:
    """The asset and those that the same step makes with it."""
    return {key} | {each for each in graph.get(key).execution_set_entity_keys if isinstance(each, dg.AssetKey)}


def _behind(graph: "AssetGraph", roots: set[dg.AssetKey]) -> set[dg.AssetKey]:
    """Everything that depends on one of the roots, however far."""
    found: set[dg.AssetKey] = set()
    for key in graph.toposorted_asset_keys:
        if key not in roots and any(parent in roots or parent in found for parent in graph.get(key).parent_keys):
            found.add(key)
    return found
