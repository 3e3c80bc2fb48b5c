"""Every planted leak is caught and named; no clean look-alike is accused."""

import importlib
import pkgutil
from dataclasses import replace

import pytest

from butter_pipeline.features.proof import zoo
from butter_pipeline.features.proof.foreign import judge as judging
from butter_pipeline.features.proof.foreign import many, naming, schedule
from butter_pipeline.features.proof.foreign.verdict import CLEAN, LEAK

KINDS = {
    "shifted_back": "looks ahead 1 session",
    "change_backwards": "looks ahead 5 sessions",
    "centred_mean": "looks ahead 4 sessions",
    "z_score": naming.WHOLE,
    "scaled_by_scikit": naming.WHOLE,
    "clustered": naming.WHOLE,
    "filtered_both_ways": naming.WHOLE,
    "smoothed_states": naming.WHOLE,
    "filled_across": naming.OTHERS,
    "leader_of_tomorrow": naming.OTHERS,
    "latest_revision": naming.EARLY,
    "asked_too_much": naming.EARLY,
    "days_to_event": naming.EARLY,
    "remembered": naming.REMEMBERS,
    "cached_by_start": naming.REMEMBERS,
    "noisy": naming.UNREPEATABLE,
    "high_of_the_day": naming.SAME_DAY,
    "next_bar": "looks ahead 1 bar",
}


def member(name: str) -> many.Task:
    return next(task for task in (*zoo.planted(), *zoo.look_alikes()) if task.name == name)


@pytest.mark.parametrize("task", zoo.planted(), ids=lambda task: task.name)
def test_a_planted_leak_is_caught_and_named(task: many.Task) -> None:
    verdict = many.judge(task)
    assert verdict.outcome == LEAK and verdict.finding is not None
    assert verdict.kind == KINDS.get(task.name, verdict.kind) and verdict.kind
    assert verdict.finding.tests


@pytest.mark.parametrize("task", zoo.look_alikes(), ids=lambda task: task.name)
def test_a_clean_look_alike_is_not_accused(task: many.Task) -> None:
    verdict = many.judge(replace(task, seconds=0.0))
    assert verdict.outcome == CLEAN, verdict.finding or verdict.error
    assert verdict.cuts > 0


def test_the_zoo_is_large_and_no_two_members_have_one_name() -> None:
    names = [task.name for task in (*zoo.planted(), *zoo.look_alikes())]
    assert len(zoo.planted()) >= 45 and len(zoo.look_alikes()) >= 45
    assert len(names) == len(set(names))


def test_members_may_be_imported_before_they_are_listed() -> None:
    """A package in it sets its own name in the zoo, over a function of that name."""
    packages = {module.name for module in pkgutil.iter_modules(zoo.__path__)}
    assert packages == {"clean", "leaks"}
    assert not packages & {name for name, each in vars(zoo).items() if callable(each)}
    for name in packages:
        importlib.import_module(f"{zoo.__name__}.{name}")
    assert callable(zoo.planted) and callable(zoo.look_alikes)


def test_without_other_futures_a_leak_that_only_they_show_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "FUTURES", schedule.FUTURES[:1])
    monkeypatch.setattr(judging, "FUTURES", judging.FUTURES[:1] * len(judging.FUTURES))
    monkeypatch.setattr(judging.Judge, "_with", lambda *_: None)
    task = replace(member("min_max"), seconds=0.0)
    caught_by_cutting = many.judge(task)
    monkeypatch.setattr(judging, "difference", lambda *_: None)
    assert many.judge(task).outcome == CLEAN
    assert caught_by_cutting.finding is None or caught_by_cutting.finding.test == judging.CUT_OFF


def test_a_finding_names_the_test_the_cut_and_the_value() -> None:
    finding = many.judge(member("shifted_back")).finding
    assert finding is not None and finding.cut and finding.symbol and finding.at
    assert str(finding).startswith("future cut off at the cut ") and "became nan" in str(finding)


def test_verdicts_are_the_same_in_one_process_and_in_two() -> None:
    some = [replace(member(name), seconds=0.0) for name in ("shifted_back", "ranked", "shifted", "drawdown")]
    alone, beside = many.judge_all(some, workers=1), many.judge_all(some, workers=2)
    said = [[replace(each, seconds=0.0).as_json() for each in found] for found in (alone, beside)]
    assert said[0] == said[1]
