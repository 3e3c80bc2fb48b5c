"""Calling unseen functions: what is loaded, called with a made-up market, and its answer read.

What belongs here: the subjects of a judgement, one for each kind of thing that can be judged, and guarding their calls.
What does not: the tests (`judge`).

A call is guarded: it may not print into our answer, is ended after a minute, and is watched for files that it opens.
"""

import contextlib
import io
import signal
import sys
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from butter_pipeline.features.proof.foreign.answers import Answer, Column, joined
from butter_pipeline.features.proof.foreign.calling.frames import SHAPES, Given, Maker, moment_of
from butter_pipeline.features.proof.foreign.calling.plans import AWARE_MOMENT, DAY, WALL_CLOCK, Plan
from butter_pipeline.features.proof.foreign.calling.reading import answer
from butter_pipeline.features.proof.foreign.calling.spelling import Named
from butter_pipeline.features.proof.foreign.worlds.market import settled
from butter_pipeline.features.proof.foreign.worlds.rows import World

FITTED_UNTIL = settled(date(2024, 6, 28))
"""What is fitted is fitted on the rows until then, in every world."""
CALL_SECONDS = 60
MOMENTS = 6
"""At how many moments a function is asked that answers for one moment only."""
CODE = (".py", ".pyc", ".so", ".pyd", ".nbi", ".nbc", ".pth", ".toml", ".cfg")
SYSTEM = (sys.prefix, sys.base_prefix, "/usr", "/lib", "/proc", "/sys", "/dev", "/etc")


@dataclass
class Watch:
    """What a call did beside answering."""

    opened: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Subject:
    """Something that answers for every row of a world, called as its plan says."""

    thing: Any
    plan: Plan
    named: Named
    watch: Watch
    single: bool = False

    def answer(self, world: World) -> Answer:
        """Its answer for the rows of a world."""
        if self.plan.dated or self.single:
            return self._by_moment(world)
        return self._called(world, None)

    def _by_moment(self, world: World) -> Answer:
        """Its answers as of some moments: shown everything where it names the moment, what is known where not."""
        parts = []
        end = int(world.daily.known.max(initial=0))
        for moment in moments_of(world):
            if moment <= end:
                shown = world if self.plan.dated else world.until(moment)
                found = self._called(shown, moment)
                parts.append({name: _as_of(column, moment) for name, column in found.items()})
        return joined(parts)

    def _called(self, world: World, moment: int | None) -> Answer:
        given, values = [], {}
        maker = Maker(self.named, self.plan.layout)
        for name, shape in self.plan.arguments:
            if shape in (AWARE_MOMENT, WALL_CLOCK, DAY):
                values[name] = _moment(str(shape), moment or 0)
            elif isinstance(shape, str) and shape in SHAPES:
                made = SHAPES[shape](maker, world)
                values[name] = made.value
                given.append(made)
            else:
                values[name] = shape
        copies = [_copied(each) for each in given]
        found = guarded(lambda: self.thing(**values), self.watch)
        self._see_changes(given, copies)
        return answer(found, copies, world)

    def _see_changes(self, given: Sequence[Given], copies: Sequence[Given]) -> None:
        for now, then in zip(given, copies, strict=True):
            if not _same(now.value, then.value):
                self.watch.changed.add(type(now.value).__name__)


@dataclass(frozen=True)
class Fitted(Subject):
    """Something that is fitted on the rows until a day and then applied to all of them."""

    def _called(self, world: World, moment: int | None) -> Answer:
        from butter_pipeline.features.proof.foreign.calling.things import applied, fit

        maker = Maker(self.named, self.plan.layout)
        shape = SHAPES[str(self.plan.arguments[0][1])]
        known = shape(maker, world.until(FITTED_UNTIL))
        state = guarded(lambda: fit(self.thing, known.value), self.watch)
        shown = shape(maker, world)
        found = guarded(lambda: applied(self.thing, state, shown.value), self.watch)
        whole = answer(found, [shown], world)
        return {name: _after(column, FITTED_UNTIL) for name, column in whole.items()}


def moments_of(world: World) -> Sequence[int]:
    """The moments at which a world is asked, the same whatever of it is left."""
    from butter_pipeline.features.proof.foreign.worlds import market

    whole = {"ten years": market.long, "with holes": market.holed, "with corrections": market.corrected}
    known = np.unique(whole.get(world.name, market.plain)().daily.known)
    chosen = np.linspace(len(known) // 3, len(known) - 1, MOMENTS).astype(int)
    return [int(each) for each in known[chosen]]


@contextlib.contextmanager
def _limited(limit: int) -> Iterator[None]:
    """End what takes longer; only the main thread can, others go on."""

    def stop(_: int, __: Any) -> None:
        raise TimeoutError(f"it took longer than {limit} s")

    try:
        before = signal.signal(signal.SIGALRM, stop)
    except ValueError:
        yield
        return
    signal.setitimer(signal.ITIMER_REAL, limit)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def guarded(call: Any, watch: Watch) -> Any:
    """The result of a call that may neither print, nor warn, nor go on for ever, and whose files are noted."""
    _install()
    with (
        _limited(CALL_SECONDS),
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        _watching.append(watch)
        try:
            return call()
        finally:
            _watching.pop()


_watching: list[Watch] = []
"""Whose call is under way: an audit hook cannot be taken away again, so it asks here."""


def _install() -> None:
    if not getattr(_install, "done", False):
        sys.addaudithook(_heard)
        _install.done = True  # type: ignore[attr-defined]  # once a process: hooks stay


def _heard(event: str, details: tuple[Any, ...]) -> None:
    if not _watching:
        return
    if event == "open" and isinstance(details[0], str | bytes):
        path = details[0].decode(errors="replace") if isinstance(details[0], bytes) else details[0]
        full = str(Path(path).absolute())
        if not full.endswith(CODE) and not full.startswith(SYSTEM) and "__pycache__" not in full:
            _watching[-1].opened.add(path)
    elif event == "socket.connect":
        _watching[-1].opened.add("a socket")


def _moment(shape: str, moment: int) -> Any:
    if shape == DAY:
        return moment_of(moment - moment % 86_400, aware=False)
    return moment_of(moment, aware=shape == AWARE_MOMENT)


def _as_of(column: Column, moment: int) -> Column:
    """The last value of every symbol, as the answer of a moment."""
    symbols = column.keys >> 40
    last = np.append(np.diff(symbols) != 0, True) if len(symbols) else np.empty(0, dtype=np.bool_)
    stamp = moment - moment % 86_400
    keys = (symbols[last] << 40) + (np.int64(stamp) << 4)
    return Column(keys, np.full(len(keys), moment, dtype=np.int64), column.values[last])


def _after(column: Column, moment: int) -> Column:
    later = column.known > moment
    return Column(column.keys[later], column.known[later], column.values[later])


def _copied(given: Given) -> Given:
    value = given.value
    if hasattr(value, "copy") and not isinstance(value, list):
        copy = value.copy(deep=True) if hasattr(value, "index") else value.copy()
        return Given(copy, given.keys, getattr(copy, "index", None) if given.index is not None else None, given.wide)
    return Given(list(value) if isinstance(value, list) else value, given.keys, given.index, given.wide)


def _same(now: Any, then: Any) -> bool:
    if hasattr(now, "equals"):
        return bool(now.equals(then)) and list(getattr(now, "attrs", ())) == list(getattr(then, "attrs", ()))
    if isinstance(now, np.ndarray):
        return bool(np.array_equal(now, then, equal_nan=True))
    return bool(now == then)
