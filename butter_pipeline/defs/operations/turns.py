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
from butter_pipeline.defs.resources import BESIDE

if TYPE_CHECKING:
    from dagster._core.definitions.assets.graph.asset_graph import AssetGraph


@dataclass(frozen=True)
class Turns:
    """The assets of a selection, each list in the order in which its assets are made."""

    before_models: Sequence[dg.AssetKey]
    aside: Sequence[dg.AssetKey]
    """What knows of no model either, and nothing but what is not cut by session rests on: made beside the turns that
    follow, by another process."""
    vintages: Sequence[dg.AssetKey]
    on_models: Sequence[dg.AssetKey]
    whole: Sequence[dg.AssetKey]

    @property
    def by_session(self) -> Sequence[dg.AssetKey]:
        """Everything that is cut by session, in the order of its turns."""
        return [*self.before_models, *self.aside, *self.on_models]


def turns(graph: "AssetGraph", keys: Sequence[dg.AssetKey]) -> Turns:
    """The keys, which are in the graph's order, by turn."""
    trained = [key for key in graph.toposorted_asset_keys if graph.get(key).partitions_def == VINTAGES]
    # One step makes all of its assets: it waits for whatever the first of them waits for.
    on_models = {made for key in _behind(graph, set(trained)) for made in together(graph, key)}
    session = [key for key in keys if graph.get(key).partitions_def == SESSIONS]
    before = [key for key in session if key not in on_models]
    aside = _aside(graph, before) if on_models & set(session) else set()
    return Turns(
        before_models=[key for key in before if key not in aside],
        aside=[key for key in before if key in aside],
        vintages=[key for key in keys if key in trained],
        on_models=[key for key in session if key in on_models],
        whole=[key for key in keys if graph.get(key).partitions_def is None],
    )


def _aside(graph: "AssetGraph", before: Sequence[dg.AssetKey]) -> set[dg.AssetKey]:
    """Those on which none of the others rests; what needs dbt or Evidently is not among them."""
    found: set[dg.AssetKey] = set()
    for key in reversed(before):
        behind = [each for each in graph.get(key).child_keys if graph.get(each).partitions_def is not None]
        if key.path[0] not in BESIDE and set(behind) <= found and together(graph, key) == {key}:
            found.add(key)
    return found


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
