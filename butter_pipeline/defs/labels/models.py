"""The skin that dbt's models share: how they describe themselves, their tests as checks, and making their sessions.

What belongs here: the bridge from a Dagster run to `labels.sessions.make` and back. What does not: what a model
makes, which is SQL, and which models there are (`assets.py` of labels and of marts).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import dagster as dg

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
        checks = [
            dg.AssetCheckSpec(
                promise.name, asset=[self.name, frame.name], blocking=True, description=promise.description
            )
            for promise in project.promises(frame.name)
        ]
        return {
            "key": [self.name, frame.name],
            "group_name": self.name,
            "kinds": {"dbt", "postgres"},
            "partitions_def": SESSIONS,
            "backfill_policy": dg.BackfillPolicy.single_run(),
            "code_version": self.code_version,
            "metadata": column_schema(frame),
            "check_specs": [session_check(frame.name, self.name), *checks],
            **more,
        }

    def make(self, context: dg.AssetExecutionContext, house: House, model: "Model", draw: Draw) -> Made:
        """Make the run's sessions of a model and describe them; what dbt's tests found is told even when it fails."""
        from butter_pipeline.labels.build import BuildFailed, Project
        from butter_pipeline.labels.sessions import make

        run = house.run(context, self.code_version, *self.configurations)
        try:
            made = make(house.store(), model, sessions_of(context), run, Project(settings().home / "dbt"))
        except BuildFailed as error:
            yield from _checks(error.results)
            raise
        for outcome in made.outcomes:
            if outcome.status != "done":
                context.log.warning(f"{outcome.session}: {outcome.status}, {outcome.reason}")
        held = [outcome.session for outcome in made.outcomes if outcome.rows]
        result = described(context, made.outcomes, draw(held) if held else {})
        checks = list(_checks(made.results)) or [
            _not_run(promise.name) for promise in project.promises(model.frame.name)
        ]
        yield dg.MaterializeResult(check_results=[*(result.check_results or ()), *checks])


def _checks(results: "Sequence[Result]") -> Iterator[dg.AssetCheckResult]:
    """What dbt's tests found; those that a failure kept from running say nothing."""
    for result in results:
        if result.kind == "test" and result.status != "skipped":
            severity = dg.AssetCheckSeverity.WARN if result.status == "warn" else dg.AssetCheckSeverity.ERROR
            yield dg.AssetCheckResult(
                passed=result.status == "pass",
                check_name=result.node,
                severity=severity,
                description=result.message or None,
                metadata={"rows": result.rows or 0},
            )


def _not_run(name: str) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=False,
        check_name=name,
        severity=dg.AssetCheckSeverity.WARN,
        description="not run: no session of the run could be made",
    )
