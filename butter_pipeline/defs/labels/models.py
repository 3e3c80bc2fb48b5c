"""The skin that dbt's models share: how they describe themselves, their tests as checks, and making their sessions.

What belongs here: the bridge from a Dagster run to `labels.sessions.make` and back. What does not: what a model
makes, which is SQL, and which models there are (`assets.py` of labels and of marts).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import dagster as dg

from butter_pipeline import beside
from butter_pipeline.configs import hash_of
from butter_pipeline.defs.metadata import column_schema, described, session_check
from butter_pipeline.defs.partitions import SESSIONS, sessions_of
from butter_pipeline.defs.resources import House
from butter_pipeline.identity import code_version
from butter_pipeline.labels import project
from butter_pipeline.settings import settings

if TYPE_CHECKING:
    from butter_pipeline.frame import Frame
    from butter_pipeline.labels.build import Result
    from butter_pipeline.labels.sessions import Model

PROMISES = "promises_kept"
Made = Iterator[dg.AssetCheckResult | dg.MaterializeResult]
Draw = Callable[[Sequence[date]], Mapping[str, bytes]]
"""From the sessions that hold rows to pictures by name, each a PNG."""


@dataclass(frozen=True)
class DbtStage:
    """What the models of one stage have in common: its name, and the configurations that their SQL is told."""

    name: str
    configurations: Sequence[str] = ()

    @property
    def code_version(self) -> str:
        """The version of the stage's code, Python and SQL."""
        modules = ("butter_pipeline.labels", "butter_pipeline.marts", "butter_pipeline.backtest")
        return hash_of([code_version(*modules), project.version()])

    def asset(self, frame: "Frame", **more: Any) -> dict[str, Any]:
        """Keywords of the asset that a model makes, one partition per session, dbt's tests as its checks."""
        promises = "\n".join(f"- `{each.name}`: {each.description}" for each in project.promises(frame.name))
        kept = dg.AssetCheckSpec(
            PROMISES, asset=[self.name, frame.name], blocking=True, description=f"What dbt's tests hold:\n\n{promises}"
        )
        return {
            "key": [self.name, frame.name],
            "group_name": self.name,
            "kinds": {"dbt", "postgres"},
            "partitions_def": SESSIONS,
            "backfill_policy": dg.BackfillPolicy.single_run(),
            "code_version": self.code_version,
            "metadata": column_schema(frame),
            "check_specs": [session_check(frame.name, self.name), kept],
            **more,
        }

    def make(self, context: dg.AssetExecutionContext, house: House, model: "Model", draw: Draw) -> Made:
        """Make the run's sessions of a model and describe them; what dbt's tests found is told even when it fails."""
        from butter_pipeline.labels.build import BuildFailed, Project
        from butter_pipeline.labels.sessions import make

        run = house.run(context, self.code_version, *self.configurations)
        try:
            made = beside.call(make, house.store(), model, sessions_of(context), run, Project(settings().home / "dbt"))
        except BuildFailed as error:
            if any(result.kind == "test" for result in error.results):
                yield _promises_kept(error.results)
            raise
        held = [outcome.session for outcome in made.outcomes if outcome.rows]
        result = described(context, made.outcomes, draw(held) if held else {})
        yield dg.MaterializeResult(check_results=[*(result.check_results or ()), _promises_kept(made.results)])


def _promises_kept(results: "Sequence[Result]") -> dg.AssetCheckResult:
    """What dbt's tests found, as one check: a check each would cost a row per test and session.

    Those that a failure kept from running say nothing.
    """
    asked = [result for result in results if result.kind == "test" and result.status != "skipped"]
    broken = [result for result in asked if result.status != "pass"]
    only_warnings = not asked or all(result.status == "warn" for result in broken)
    said = [f"{result.node}: {result.message or result.status}" for result in broken]
    return dg.AssetCheckResult(
        passed=bool(asked) and not broken,
        check_name=PROMISES,
        severity=dg.AssetCheckSeverity.WARN if only_warnings else dg.AssetCheckSeverity.ERROR,
        description="; ".join(said) or (None if asked else "not asked: no session of the run could be made"),
        metadata={result.node: result.rows or 0 for result in asked},
    )
