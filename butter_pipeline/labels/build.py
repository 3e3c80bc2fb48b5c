"""Running dbt in this process, for the sessions that are asked for.

What belongs here: how dbt is called, what it is told, and what it says afterwards. What does not: the SQL
(`dbt_project`), which sessions may be made and how they went (`labels.sessions`).

dbt works on one database at a time, alone: its tables of arrivals belong to whoever fills them. What it needs to
reach the server stands in the environment only while it runs.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from butter_pipeline.derivation import Run
from butter_pipeline.errors import ButterError
from butter_pipeline.labels.project import SOURCES
from butter_pipeline.market.sessions import as_of, calendar, offset, position
from butter_pipeline.store import Store

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

_LOCK = "select pg_advisory_xact_lock(hashtextextended('butter_pipeline dbt', 0))"
_GOOD = ("success", "pass", "warn", "no-op")


@dataclass(frozen=True)
class Result:
    """What dbt says of one model or test."""

    node: str
    kind: str  # model or test
    status: str  # success, pass, warn, fail, error or skipped
    message: str  # in one line; empty when there is nothing to say
    rows: int | None  # added by a model, found wrong by a test

    @property
    def is_good(self) -> bool:
        """Whether nothing stands in the way of what is behind it."""
        return self.status in _GOOD


class BuildFailed(ButterError):
    """A model or a test of dbt failed; the message names it, the results say the rest."""

    def __init__(self, message: str, results: Sequence[Result] = ()) -> None:
        """Keep the results beside the message."""
        super().__init__(message)
        self.results = results

    def __reduce__(self) -> tuple[type["BuildFailed"], tuple[str, Sequence[Result]]]:
        """Both go along to another process."""
        return type(self), (str(self), self.results)


@dataclass(frozen=True)
class Project:
    """Where dbt's project stands, and the folder into which dbt may write."""

    folder: Path
    sources: Path = SOURCES


@dataclass(frozen=True)
class Asked:
    """What a run asks of dbt: sessions of one vendor, and the settings that the SQL names."""

    sessions: Sequence[date]
    run: Run
    look_back_sessions: int = 0
    settings: Mapping[str, float] = field(default_factory=dict)

    def variables(self) -> dict[str, Any]:
        """The variable `asked` of dbt's project."""
        first, last = self.sessions[0], self.sessions[-1]
        look_back = offset(first, -self.look_back_sessions)
        spanned = calendar()[position(look_back) : position(last) + 1]
        run = self.run
        return {
            "vendor": run.vendor,
            "first": first.isoformat(),
            "last": last.isoformat(),
            "look_back": look_back.isoformat(),
            "sessions": [[s.isoformat(), position(s), as_of(s).isoformat()] for s in self.sessions],
            "calendar": [[s.isoformat(), position(s)] for s in spanned],
            "received_at": run.received_at.isoformat(),
            "recorded_at": run.recorded_at.isoformat(),
            "code_version": run.code_version,
            "config_hash": run.config_hash,
            **self.settings,
        }


def build(store: Store, select: Sequence[str], asked: Asked, project: Project) -> list[Result]:
    """Build models and run their tests; raises `BuildFailed` naming the first that failed."""
    from sqlalchemy import text

    with store.engine.connect() as alone, _environment(store.url):
        alone.execute(text(_LOCK))
        manifest = _manifest(store.url, project).deepcopy()  # type: ignore[no-untyped-call]
        arguments = ["build", "--select", *select, "--threads", "2", "--cache-selected-only", "--no-write-json"]
        said = _invoke([*arguments, *_options(project)], manifest, asked.variables())
    results = [_result(found) for found in getattr(said.result, "results", ())]
    if said.exception is not None:
        raise BuildFailed(f"dbt: {_line(said.exception)}; mend {project.sources.name}", results)
    failed = [result for result in results if not result.is_good]
    if failed:
        first = next((result for result in failed if result.status != "skipped"), failed[0])
        raise BuildFailed(
            f"dbt: {first.kind} {first.node} came to {first.status}: {first.message}; "
            "put that right and make these sessions again",
            results,
        )
    return results


@lru_cache(maxsize=8)
def _manifest(_url: str, project: Project) -> "Manifest":
    """The project as dbt understands it, once per database and process; dbt keeps it on disk for the next one."""
    said = _invoke(["parse", *_options(project)], None, None)
    if said.exception is not None or not said.success:
        raise BuildFailed(f"dbt: {_line(said.exception)}; mend {project.sources.name}")
    return said.result  # type: ignore[no-any-return]


def _options(project: Project) -> list[str]:
    folders = {"project-dir": project.sources, "profiles-dir": project.sources}
    folders |= {"target-path": project.folder / "target", "log-path": project.folder / "logs"}
    return [
        *(part for name, folder in folders.items() for part in (f"--{name}", str(folder))),
        *("--log-level", "none", "--log-level-file", "none", "--quiet", "--no-print"),
        *("--no-use-colors", "--no-send-anonymous-usage-stats", "--no-version-check"),
    ]


def _invoke(arguments: list[str], manifest: "Manifest | None", asked: Mapping[str, Any] | None) -> Any:
    """One call of dbt, which leaves nothing behind in this process; an interruption is passed on."""
    from dbt.cli.main import dbtRunner

    if asked is not None:
        arguments = [*arguments, "--vars", json.dumps({"asked": asked})]
    with _no_walks_up_the_stack():
        said = copy_context().run(dbtRunner(manifest).invoke, arguments)
    if said.exception is not None and not isinstance(said.exception, Exception):
        raise said.exception
    return said


@contextmanager
def _no_walks_up_the_stack() -> Iterator[None]:
    """Eight times a call dbt reads the source of every caller, only to name one: a second in Dagster's process."""
    from dbt_common.behavior_flags import BehaviorFlagRendered as Flag

    walks = Flag.__dict__["_default_source"]
    Flag._default_source = staticmethod(lambda: "dbt")  # type: ignore[method-assign]
    try:
        yield
    finally:
        Flag._default_source = walks  # type: ignore[method-assign]


@contextmanager
def _environment(url: str) -> Iterator[None]:
    """The variables of dbt's profile, while dbt runs."""
    from psycopg.conninfo import conninfo_to_dict

    parts = {"host": "localhost", "port": "5432", "user": "postgres", "password": "", **conninfo_to_dict(url)}
    names = {"HOST": "host", "PORT": "port", "USER": "user", "PASSWORD": "password", "DATABASE": "dbname"}
    told = {f"BUTTER_DBT_{name}": str(parts[part]) for name, part in names.items()} | {"DO_NOT_TRACK": "1"}
    before = {name: os.environ.get(name) for name in told}
    os.environ.update(told)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _result(found: Any) -> Result:
    kind = str(found.node.resource_type)
    rows = found.failures if kind == "test" else found.adapter_response.get("rows_affected")
    status = str(found.status)
    return Result(found.node.name, kind, status, "" if status in _GOOD else _line(found.message), rows)


def _line(said: object) -> str:
    return " ".join(str(said).split()) or "no reason given"
