"""Judging one function: does it see the future, does it remember, does it answer the same twice.

What belongs here: the tests. What does not: where they are made (`schedule`), worlds, calls, and names (`naming`).

What a function says about rows known by a cut must not change when everything later is taken away or replaced by
another future. The first leak ends the search and is named.
"""

import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from butter_pipeline.features.proof.foreign import naming
from butter_pipeline.features.proof.foreign.answers import Answer, Difference, blank, difference
from butter_pipeline.features.proof.foreign.calling.calls import FITTED_UNTIL, Fitted, Subject, Watch
from butter_pipeline.features.proof.foreign.calling.choice import Chosen, choose, subject_of
from butter_pipeline.features.proof.foreign.calling.module import File, one_line
from butter_pipeline.features.proof.foreign.calling.plans import tells_versions
from butter_pipeline.features.proof.foreign.calling.things import thing
from butter_pipeline.features.proof.foreign.schedule import LEAST_ROWS, Trial, Unit, cuts_of, trials
from butter_pipeline.features.proof.foreign.verdict import CLEAN, FAILED, LEAK, Finding, Verdict, finding_of
from butter_pipeline.features.proof.foreign.worlds import market
from butter_pipeline.features.proof.foreign.worlds.futures import FUTURES, Future, growth, moved_events, spoilt
from butter_pipeline.features.proof.foreign.worlds.rows import World

ENDLESS = 1 << 60
CUT_OFF = "future cut off"
ASKED_AGAIN = "asked again"
ASKED_BEFORE = "asked about more before"
CLOCKS = frozenset({"now", "today", "utcnow", "time_ns", "perf_counter", "monotonic"})
SLOW_SECONDS = 0.03
"""A function whose answers take longer is asked less often."""
Found = tuple[tuple[str, ...], Finding] | None


@dataclass
class Judge:
    """One function under judgement; it is tried for so many processor seconds beyond what it is owed."""

    file: File
    name: str
    seconds: float
    watch: Watch = field(default_factory=Watch)
    cuts: int = 0
    errors: list[str] = field(default_factory=list)
    spent: list[float] = field(default_factory=list)
    held: dict[str, Sequence[Unit]] = field(default_factory=dict)

    def verdict(self) -> Verdict:
        """What comes of it."""
        self.chosen: Chosen = choose(thing(self.file.fresh(), self.name), self.watch)
        if self.chosen.error:
            return Verdict(self.name, self.chosen.form, FAILED, error=self.chosen.error)
        found = self._search()
        kinds, finding = found or ((), None)
        return Verdict(
            self.name,
            self.chosen.form,
            LEAK if found else CLEAN,
            kinds=kinds,
            finding=finding,
            remarks=self._remarks(),
            cuts=self.cuts,
            calls=len(self.spent),
        )

    def fresh(self) -> Subject:
        """The function, loaded anew."""
        return subject_of(thing(self.file.fresh(), self.name), self.chosen, self.watch)

    def units(self, world: World) -> Sequence[Unit]:
        """The parts of a world, all of it or symbol by symbol, that the function has an answer for."""
        if world.name not in self.held:
            answered = ((part, self._asked(self.fresh(), part)) for part in self._parts(world))
            made = [Unit(part, full, self._known(part)) for part, full in answered if full is not None]
            self.held[world.name] = [unit for unit in made if len(unit.known) > 1]
        return self.held[world.name]

    def _search(self) -> Found:
        clocks = CLOCKS & self.chosen.named.attributes
        if clocks and not self.chosen.plan.dated:
            return (naming.CLOCK,), Finding(f"its code names {', '.join(sorted(clocks))}")
        found = self._repeated() or self._remembered() or self._seen_ahead() or self._corrected()
        if found is None and self.watch.opened:
            return (naming.FILES,), Finding(f"it opened {', '.join(sorted(self.watch.opened))}")
        return found

    def _parts(self, world: World) -> Iterator[World]:
        if self.chosen.plan.whole:
            yield world
            return
        rows = world.intraday if self.chosen.plan.intraday else world.daily
        for symbol in np.unique(rows.symbol):
            if np.count_nonzero(rows.symbol == symbol) >= LEAST_ROWS:
                yield world.of(int(symbol))

    def _known(self, world: World) -> np.ndarray:
        after = FITTED_UNTIL if issubclass(self.chosen.subject, Fitted) else -1
        return cuts_of(world, intraday=self.chosen.plan.intraday, after=after)

    def _asked(self, subject: Subject, world: World) -> Answer | None:
        """An answer; none where the function raises, which is no leak: it may need more rows or other values."""
        began = time.process_time()
        try:
            return subject.answer(world)
        except Exception as error:  # whatever a stranger's function raises is told with its verdict
            self.errors.append(one_line(error))
            return None
        finally:
            self.spent.append(time.process_time() - began)

    def _repeated(self) -> Found:
        for unit in self.units(market.plain())[:2]:
            subject = self.fresh()
            for _ in range(2):
                again = self._asked(subject, unit.world)
                found = None if again is None else difference(unit.full, again, ENDLESS)
                if found is not None:
                    return (naming.UNREPEATABLE,), finding_of(ASKED_AGAIN, unit.world, None, found)
        return None

    def _remembered(self) -> Found:
        for unit in self.units(market.plain())[:3]:
            cut, part = unit.late, unit.world.until(unit.late)
            cold = self._asked(self.fresh(), part)
            for before in (spoilt(unit.world, cut, FUTURES[2], 3), spoilt(unit.world, cut, FUTURES[0], 3), unit.world):
                subject = self.fresh()
                self._asked(subject, before)
                warm = self._asked(subject, part)
                found = None if cold is None or warm is None else difference(cold, warm, ENDLESS)
                if found is not None:
                    return (naming.REMEMBERS,), finding_of(ASKED_BEFORE, unit.world, cut, found)
        return None

    def _seen_ahead(self) -> Found:
        subject, until = self.fresh(), 0.0
        levels = [each for each in self.chosen.named.numbers if each > 1.0]
        quick = statistics.median(self.spent) > SLOW_SECONDS
        for trial in trials(self.units, levels, self.chosen.named.tickers, quick=quick):
            if not trial.owed:
                until = until or time.process_time() + self.seconds
                if time.process_time() > until:
                    break
            self.cuts += 1
            for test, found in self._differences(subject, trial, self.cuts):
                if found is not None and not self._merely_missing(subject, trial, test, found):
                    return self._named(subject, trial, test, found)
        return None

    def _differences(self, subject: Subject, trial: Trial, seed: int) -> Iterator[tuple[str, Difference | None]]:
        unit, cut = trial.unit, trial.cut
        short = self._asked(subject, unit.world.until(cut))
        if short is not None and not blank(short):
            yield CUT_OFF, difference(unit.full, short, cut)
        for future in trial.futures:
            if self.chosen.plan.whole or not future.thins:
                yield future.name, self._with(subject, unit, cut, future, seed)

    def _with(self, subject: Subject, unit: Unit, cut: int, future: Future, seed: int) -> Difference | None:
        """What changes with another future; NaN out of NaN proves nothing but of who is not there yet."""
        world = spoilt(unit.world, cut, future, 100 + seed)
        other = self._asked(subject, world)
        found = None if other is None else difference(unit.full, other, cut, growth(unit.world, world))
        if found is None or future.proves_by_absence or not found.only_gone:
            return found
        return found if naming.nobody_yet(found, unit.world, cut) else None

    def _merely_missing(self, subject: Subject, trial: Trial, test: str, found: Difference) -> bool:
        """Whether a value is only missing without later rows, and the same whatever they hold: it sees none of them."""
        if test != CUT_OFF or not found.only_gone:
            return False
        futures = [future for future in FUTURES if self.chosen.plan.whole or not future.thins]
        return all(self._with(subject, trial.unit, trial.cut, future, 17) is None for future in futures)

    def _corrected(self) -> Found:
        """What tells versions of a row apart must not show one before it was available."""
        if not (self.chosen.plan.dated or tells_versions(self.chosen.named)):
            return None
        for unit in self.units(market.corrected()):
            subject = self.fresh()
            for cut in unit.known[-2:-60:-6].tolist():
                self.cuts += 1
                for test, each in self._differences(subject, Trial(unit, cut, FUTURES[:2]), 7):
                    if each is not None:
                        return (naming.EARLY,), finding_of(test, unit.world, cut, each)
        return None

    def _shapes(self) -> Sequence[tuple[str, object]]:
        return self.chosen.plan.arguments

    def _named(self, subject: Subject, trial: Trial, test: str, first: Difference) -> Found:
        """Every test where the first leak showed, and at a late cut, to tell what kind it is."""
        unit, cut = trial.unit, trial.cut
        every = [(name, d, cut) for name, d in self._differences(subject, Trial(unit, cut, FUTURES), 11)]
        if cut != unit.late:
            late = Trial(unit, unit.late, FUTURES[:3])
            every += [(name, each, unit.late) for name, each in self._differences(subject, late, 12)]
        found = [(test, first, cut), *((name, each, at) for name, each, at in every if each is not None)]
        intraday = self.chosen.plan.intraday
        reaches = [naming.reach_of(each, unit.world, at, intraday=intraday) for _, each, at in found]
        across, own = self._across(subject, unit, cut) if self.chosen.plan.whole else (False, True)
        early = self.chosen.plan.dated or self._sees_events(subject, unit, cut)
        kinds = naming.kinds_of(reaches, intraday=intraday, across=across, own=own, early=early)
        tests = tuple(dict.fromkeys(name for name, _, _ in found))
        return kinds, replace(finding_of(test, unit.world, cut, first), tests=tests)

    def _across(self, subject: Subject, unit: Unit, cut: int) -> tuple[bool, bool]:
        """Whether one symbol's future shows in another's past, and whether in its own."""
        across = own = False
        for symbol in np.unique(unit.world.daily.symbol).tolist():
            for future in FUTURES[:2]:
                other = self._asked(subject, spoilt(unit.world, cut, future, 5, only=[symbol]))
                found = None if other is None else difference(unit.full, other, cut)
                across |= naming.others_changed(found, symbol)
                own |= naming.own_changed(found, symbol)
        return across, own or not across

    def _sees_events(self, subject: Subject, unit: Unit, cut: int) -> bool:
        """Whether events show before their announcement."""
        if not any(shape == "events" for _, shape in self._shapes()):
            return False
        other = self._asked(subject, moved_events(unit.world, cut, 5))
        return other is not None and difference(unit.full, other, cut) is not None

    def _remarks(self) -> tuple[str, ...]:
        changed = [f"changes its {each} in place" for each in sorted(self.watch.changed)]
        raised = (
            [f"raised in {len(self.errors)} of {len(self.spent)} calls, first {self.errors[0]}"] if self.errors else []
        )
        return (*changed, *raised)


def judged(file: File, name: str, seconds: float) -> Verdict:
    """The verdict on one function of a file, tried for so many processor seconds beyond what it is owed."""
    began = time.perf_counter()
    found = Judge(file, name, seconds).verdict()
    return replace(found, seconds=round(time.perf_counter() - began, 3))
