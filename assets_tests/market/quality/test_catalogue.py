"""The catalogue: every corruption is caught by name, every reason has its meaning, and clean rows say nothing."""

import ast
import sys
from functools import cache
from pathlib import Path

import pytest

from butter_pipeline.market import quality
from butter_pipeline.market.frames import FRAMES
from butter_pipeline.market.inspection.self_test import SESSION, Tried, corruptions_tried, simulated
from butter_pipeline.market.quality.catalogue import FILES, TABLES, TRUE_THOUGH_VIOLENT
from butter_pipeline.market.quality.catalogue.page import page
from butter_pipeline.market.quality.reasons import REASONS, reasons_of
from butter_pipeline.settings import PROJECT_ROOT

EVERY = [*(each.name for each in (*TABLES, *TRUE_THOUGH_VIOLENT)), "two vendors apart", *(each.name for each in FILES)]


@cache
def tried() -> dict[str, Tried]:
    return {each.name: each for each in corruptions_tried()}


@pytest.mark.parametrize("name", EVERY)
def test_a_corruption_is_caught_by_name(name: str) -> None:
    assert tried()[name].caught, tried()[name].said


def test_the_catalogue_is_long_and_no_name_stands_twice() -> None:
    assert len(EVERY) == len(set(EVERY)) == len(tried()) >= 55


def test_a_rule_that_is_taken_away_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["butter_pipeline.market.quality.judge"], "apply", lambda *_: None)
    missed = {each.name for each in corruptions_tried() if not each.caught}
    assert {"burst of NaN", "crossed quotes", "volatility as a fraction"} <= missed


def test_the_page_is_current() -> None:
    told = (PROJECT_ROOT / "docs" / "quality.md").read_text()
    command = "run python -m butter_pipeline.market.quality.catalogue > docs/quality.md"
    assert told == page(), command


def test_every_reason_that_the_rules_give_has_its_meaning() -> None:
    known = {each.name for each in REASONS} | {"bad {column}", "unexpected {column}"}
    assert len(known) == len(REASONS) + 2
    given = set()
    for path in Path(quality.__file__).parent.rglob("*.py"):
        if "catalogue" not in path.parts:
            given |= {text for node in ast.walk(ast.parse(path.read_text())) for text in _reason(node)}
    assert len(given) > 60
    assert given - known == set()
    planted = {each.caught_as for each in TABLES if each.where in ("quarantined", "flagged")}
    assert planted - {each.name for each in REASONS} == set()


def _reason(node: ast.AST) -> list[str]:
    """The name in a call of reject, flag, Rule or Finding."""
    if not isinstance(node, ast.Call):
        return []
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    place = {"reject": 1, "flag": 1, "Rule": 0, "Finding": 0}.get(called)
    if place is None or len(node.args) <= place:
        return []
    argument = node.args[place]
    if isinstance(argument, ast.Constant):
        return [str(argument.value)]
    return [ast.unparse(argument)[2:-1]] if isinstance(argument, ast.JoinedStr) else []


def test_every_frame_has_reasons_of_its_own() -> None:
    shared = {each.name for each in REASONS if each.frames == "all"}
    for name in FRAMES:
        own = {each.name for each in reasons_of(name)} - shared
        assert bool(own) == (name != "intraday")


def test_the_spot_is_a_session_of_the_simulated_market() -> None:
    assert set(simulated(7, "edge").symbols(SESSION)) >= {"GRYD", "VYTA"}
