"""Making history: launching ranges, showing their progress, reporting what they came to.

What belongs here: what `butter demo` and `butter backfill` do between asking Dagster for ranges and
telling a person how it went. What does not: the ranges and runs themselves (`defs.operations.launch`).
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import dagster as dg

from butter_pipeline import configs
from butter_pipeline.defs.operations import launch
from butter_pipeline.defs.operations.run_failures import write_down
from butter_pipeline.defs.resources import House
from butter_pipeline.errors import ButterError
from butter_pipeline.identity import combined_hash
from butter_pipeline.market.sessions import last_settled, sessions_between
from butter_pipeline.operations.addresses import addresses, variables
from butter_pipeline.settings import Settings

if TYPE_CHECKING:
    from rich.console import Console

    from butter_pipeline.store import Store

EVERYTHING = "*"


@dataclass(frozen=True)
class Asked:
    """A backfill as a person asks for it."""

    first: date
    last: date
    select: str = EVERYTHING
    again: bool = False


@dataclass
class Stage:
    """What a stage holds over the sessions of a report."""

    assets: list[str] = field(default_factory=list)
    materialized: int = 0
    blocked: int = 0
    rows: int = 0
    content_hash: str = ""


@dataclass
class Report:
    """How a backfill went."""

    first: str
    last: str
    sessions: int
    runs: list[dict[str, object]] = field(default_factory=list)
    stages: dict[str, Stage] = field(default_factory=dict)
    content_hash: str = ""
    seconds: float = 0.0
    error: str | None = None

    def as_json(self) -> dict[str, object]:
        """The report as plain values."""
        return asdict(self)


def make(load: Callable[[], dg.Definitions], settings: Settings, asked: Asked, console: "Console") -> Report:
    """Make the sessions asked for, in this process; the databases must stand."""
    _check(asked)
    os.environ.update(variables(settings))
    began = time.monotonic()
    with console.status("loading the definitions"):
        definitions, instance = load(), dg.DagsterInstance.get()
        keys = launch.selected(definitions, asked.select)
        house = House()
        store, vendor = house.store(), house.vendor().name
        made = [set() if asked.again else launch.made_sessions(instance, store, vendor, key) for key in keys]
        ranges = launch.ranges_to_make(asked.first, asked.last, made)
    assets = [key.to_user_string() for key in keys]
    report = Report(asked.first.isoformat(), asked.last.isoformat(), 0)
    with shown_progress(settings, console, assets, ranges):
        for run in launch.run_ranges(definitions, instance, keys, ranges):
            report.runs.append(
                {"first": run.first.isoformat(), "last": run.last.isoformat(), "run_id": run.run_id, "error": run.error}
            )
            report.error = run.error
            if run.error is not None:
                write_down(instance, run.run_id, house, run.error)
    _sum_up(report, settings, assets, asked)
    report.seconds = round(time.monotonic() - began, 2)
    return report


def _check(asked: Asked) -> None:
    if asked.first > asked.last:
        raise ButterError(f"--from {asked.first} lies after --to {asked.last}; swap them")
    settled = last_settled(datetime.now(UTC))
    if asked.last > settled:
        raise ButterError(f"--to {asked.last} lies after {settled}, the last settled session; ask for that one at most")
    first_partition = configs.value("market", "first_session", date)
    if asked.last < first_partition:
        raise ButterError(
            f"--to {asked.last} lies before {first_partition}, where configs/market.yml begins; ask for later ones"
        )


def _store(settings: Settings) -> "Store":
    from butter_pipeline.store import Store

    return Store(addresses(settings).database_url, settings.lake)


def _sum_up(report: Report, settings: Settings, assets: list[str], asked: Asked) -> None:
    """Fill in rows and hashes, stage by stage, from what is stored now."""
    from butter_pipeline.market.vendors import vendor_from_settings
    from butter_pipeline.store import outcomes

    store, vendor = _store(settings), vendor_from_settings(settings).name
    sessions: set[date] = set()
    for asset in assets:
        rows = outcomes.latest(store, asset, vendor, asked.first, asked.last)
        sessions |= {row.session for row in rows}
        stage = report.stages.setdefault(asset.split("/")[0], Stage())
        stage.assets.append(asset)
        stage.materialized += len(rows)
        stage.blocked += sum(row.status in ("blocked", "failed") for row in rows)
        stage.rows += sum(row.rows or 0 for row in rows)
        stage.content_hash = combined_hash([stage.content_hash, asset, *(row.hash or "" for row in rows)])
    report.sessions = len(sessions)
    report.content_hash = combined_hash(stage.content_hash for stage in report.stages.values())


@contextmanager
def shown_progress(
    settings: Settings, console: "Console", assets: list[str], ranges: list[tuple[date, date]]
) -> Iterator[None]:
    """A bar per asset, fed from the outcomes as they are written; nothing where nobody watches."""
    if not ranges or not console.is_terminal:
        yield
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    total = sum(len(sessions_between(first, last)) for first, last in ranges)
    columns = (TextColumn("{task.description:<16}"), BarColumn(40), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        tasks = {asset: progress.add_task(asset, total=total) for asset in assets}

        def show(counts: dict[str, int]) -> None:
            for asset, count in counts.items():
                progress.update(tasks[asset], completed=count)

        with _polling(show, settings, assets):
            yield


@contextmanager
def _polling(show: Callable[[dict[str, int]], None], settings: Settings, assets: list[str]) -> Iterator[None]:
    from butter_pipeline.store import outcomes

    store, since, done = _store(settings), datetime.now(UTC), threading.Event()

    def poll() -> None:
        while not done.wait(0.4):
            show(outcomes.count_since(store, assets, since))

    watcher = threading.Thread(target=poll, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
        show(outcomes.count_since(store, assets, since))
