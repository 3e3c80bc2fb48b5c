"""Making history: every session of a range through every stage, in turns, and what it came to.

What belongs here: what `butter demo` and `butter backfill` do between asking Dagster for ranges and telling a person
how it went. What does not: which turn an asset has (`turns`), and single runs (`launch`).
"""

import os
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import dagster as dg

from butter_pipeline import beside, configs
from butter_pipeline.defs.drift.retraining import RETRAINED, retraining_requests
from butter_pipeline.defs.learning.due import due_vintages
from butter_pipeline.defs.operations import launch
from butter_pipeline.defs.operations.progress import shown_progress
from butter_pipeline.defs.operations.report import Report, fill, stored
from butter_pipeline.defs.operations.run_failures import write_down
from butter_pipeline.defs.operations.turns import Turns, turns
from butter_pipeline.defs.resources import House
from butter_pipeline.errors import ButterError
from butter_pipeline.market.sessions import last_settled, next_session, sessions_between
from butter_pipeline.operations.addresses import variables
from butter_pipeline.settings import Settings

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(frozen=True)
class Asked:
    """A backfill as a person asks for it."""

    first: date
    last: date
    select: str = "*"
    again: bool = False


WORTH_A_PROCESS_SESSIONS = 21
"""Fewer sessions are made sooner than another process has started."""

RanAside = tuple[list[dict[str, object]], str | None]
"""Runs, and the first error if there was one."""


class Maker:
    """Makes what was asked for, turn by turn; stops at the first run that fails.

    `make_there` makes the sessions of some assets, by name, in whichever process it is called.
    """

    def __init__(
        self,
        definitions: dg.Definitions,
        asked: Asked,
        console: "Console",
        make_there: Callable[[Asked, Sequence[str]], RanAside] | None = None,
    ) -> None:
        """On the instance and the house of this process."""
        self.make_there = make_there
        self.definitions, self.asked, self.console = definitions, asked, console
        self.instance, self.house = dg.DagsterInstance.get(), House()
        self.store, self.vendor = self.house.store(), self.house.vendor().name
        self.report = Report(asked.first.isoformat(), asked.last.isoformat())
        self.week_ended = False

    def everything(self, turns: Turns) -> None:
        """All turns, in their order."""
        lacking = sum(len(sessions_between(first, last)) for first, last in self._ranges(turns.aside))
        few = lacking < WORTH_A_PROCESS_SESSIONS
        self.sessions([*turns.before_models, *(turns.aside if few else ())])
        with self.aside(() if few else turns.aside):
            self.vintages(turns.vintages)
            self.retraining(turns.vintages)
            self.sessions(turns.on_models)
        self.whole(turns.whole)

    @contextmanager
    def aside(self, keys: Sequence[dg.AssetKey]) -> Iterator[None]:
        """Have these made by another process meanwhile, and wait for it at the end."""
        if not keys or self.report.error is not None:
            yield
            return
        assert self.make_there is not None, "whoever makes models as well must say how to make what is aside"
        other = beside.Beside.started()
        try:
            other.begin(self.make_there, self.asked, [key.to_user_string() for key in keys])
            yield
            runs, error = other.answer()
        finally:
            other.dismiss()
        self.report.runs += runs
        self.report.error = self.report.error or error

    def sessions(self, keys: Sequence[dg.AssetKey]) -> None:
        """The sessions that some of these assets lack."""
        if not keys or self.report.error is not None:
            return
        ranges = self._ranges(keys)
        with shown_progress(self.store, self.console, [key.to_user_string() for key in keys], ranges):
            for ran in launch.run_ranges(self.definitions, self.instance, keys, ranges):
                self._note(ran)
                self.week_ended |= _ends_a_week(ran.first, ran.last)

    def vintages(self, keys: Sequence[dg.AssetKey]) -> None:
        """The monthly vintages whose cut-off lies in the range and that are due."""
        if not keys or self.report.error is not None:
            return
        due = [v for v in due_vintages(self.house, self.asked.last) if v >= self.asked.first]
        made = [self._made(key) for key in keys]
        wanted = {vintage for vintage in due if not all(vintage in some for some in made)}
        ranges = launch.consecutive_vintages(self.instance, wanted)
        for ran in launch.run_ranges(self.definitions, self.instance, keys, ranges):
            self._note(ran)

    def retraining(self, keys: Sequence[dg.AssetKey]) -> None:
        """What the retraining sensor would ask for, until it asks for nothing."""
        if not RETRAINED.resolve(self.definitions.resolve_asset_graph()) <= set(keys):
            return
        while self.report.error is None and (requests := retraining_requests(self.house, self.instance)):
            for request in requests:
                vintage = date.fromisoformat(request.partition_key or "")
                (span,) = launch.consecutive_vintages(self.instance, {vintage})
                if not self._note(launch.run_one(self.definitions, self.instance, keys, span, request.tags)):
                    return

    def whole(self, keys: Sequence[dg.AssetKey]) -> None:
        """What is not cut by session but made once a week, when a week's last session was made."""
        if keys and self.week_ended and self.report.error is None:
            self._note(launch.run_one(self.definitions, self.instance, keys, None))

    def _ranges(self, keys: Sequence[dg.AssetKey]) -> Sequence[tuple[date, date]]:
        """The ranges in which some of these assets lacks a session."""
        return launch.ranges_to_make(self.asked.first, self.asked.last, [self._made(key) for key in keys])

    def _made(self, key: dg.AssetKey) -> Collection[date]:
        return set() if self.asked.again else launch.made_sessions(self.instance, self.store, self.vendor, key)

    def _note(self, ran: launch.Ran) -> bool:
        """Write a run into the report; returns whether it went well."""
        self.report.runs.append(asdict(ran) | {"first": ran.first.isoformat(), "last": ran.last.isoformat()})
        self.report.error = ran.error
        if ran.error is not None:
            write_down(self.instance, ran.run_id, self.house, ran.error)
        return ran.error is None


def make_aside(definitions: dg.Definitions, asked: Asked, names: Sequence[str]) -> RanAside:
    """Make the sessions of some assets in this process, quietly."""
    from rich.console import Console

    maker = Maker(definitions, asked, Console(quiet=True))
    maker.sessions([dg.AssetKey(name.split("/")) for name in names])
    return maker.report.runs, maker.report.error


def make(
    load: Callable[[], dg.Definitions],
    settings: Settings,
    asked: Asked,
    console: "Console",
    make_there: Callable[[Asked, Sequence[str]], RanAside],
) -> Report:
    """Make the sessions asked for, in this process and with one beside it; the databases must stand."""
    _check(asked)
    os.environ.update(variables(settings))
    began = time.monotonic()
    with console.status("loading the definitions"):
        definitions = load()
        graph = definitions.resolve_asset_graph()
        keys = launch.selected(definitions, asked.select)
        maker = Maker(definitions, asked, console, make_there)
    maker.everything(turns(graph, keys))
    fill(maker.report, stored(maker.store, graph, keys, maker.vendor, (asked.first, asked.last)))
    maker.report.seconds = round(time.monotonic() - began, 2)
    return maker.report


def _ends_a_week(first: date, last: date) -> bool:
    """Whether some session of the range is the last of its week."""
    return next_session(last).isocalendar()[:2] != first.isocalendar()[:2]


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
