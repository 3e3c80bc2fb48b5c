"""The skin that all derived assets share: what a stage's assets have in common, and making their sessions.

What belongs here: the bridge from a Dagster run to `derivation.derive` and back. What does not: what a stage
makes (its pure functions), and market data, which is taken in rather than derived.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import dagster as dg

from butter_pipeline.defs.metadata import column_schema, described, session_check
from butter_pipeline.defs.partitions import SESSIONS, sessions_of
from butter_pipeline.defs.resources import House
from butter_pipeline.identity import code_version

if TYPE_CHECKING:
    from butter_pipeline.derivation import Make, Product, Recipe

Draw = Callable[[date], Mapping[str, bytes]]
"""From the last session that was made to pictures by name, each a PNG."""


def _nothing(_: date) -> Mapping[str, bytes]:
    return {}


UNCHECKED: tuple[dg.AssetCheckSpec, ...] = ()


@dataclass(frozen=True)
class Stage:
    """What the assets of one stage have in common: its name, the code that makes them, the configurations read."""

    name: str
    modules: Sequence[str]
    configurations: Sequence[str] = ()

    @property
    def code_version(self) -> str:
        """The version of the stage's code."""
        return code_version(*self.modules)

    def asset(self, product: "Product", **more: Any) -> dict[str, Any]:
        """Keywords of the asset that makes a product, one partition per session.

        `check_specs=UNCHECKED` for what another asset of the stage answers for: sessions are blocked by their outcomes,
        not by checks.
        """
        kept = "parquet" if product.kept == "lake" else "postgres"
        return {
            "key": product.asset.split("/"),
            "group_name": self.name,
            "kinds": {"python", kept},
            "partitions_def": SESSIONS,
            "backfill_policy": dg.BackfillPolicy.single_run(),
            "code_version": self.code_version,
            "metadata": column_schema(product.frame),
            "check_specs": [session_check(product.frame.name, self.name)],
            **more,
        }

    def make(
        self,
        context: dg.AssetExecutionContext,
        house: House,
        product: "Product",
        make: "Make | Recipe",
        draw: Draw = _nothing,
    ) -> dg.MaterializeResult:
        """Make the run's sessions of a product, and describe them."""
        from butter_pipeline.derivation import Recipe, derive

        run = house.run(context, self.code_version, *self.configurations)
        recipe = make if isinstance(make, Recipe) else Recipe(make)
        outcomes = list(derive(house.store(), product, sessions_of(context), run, recipe))
        made = [outcome.session for outcome in outcomes if outcome.rows]
        return described(context, outcomes, draw(made[-1]) if made else {})


def looks_back(key: str, sessions: int) -> dg.AssetDep:
    """A dependency on this session and so many before it: no mapping looks forward."""
    return dg.AssetDep(key.split("/"), partition_mapping=dg.TimeWindowPartitionMapping(start_offset=-sessions))
