"""What the registry generates: the page, the list of the command line, columns of drift and learning."""

import json
import subprocess
import sys
from importlib.metadata import EntryPoint
from types import ModuleType

import numpy as np
import pytest

from butter_pipeline import configs
from butter_pipeline.features import catalogue, registry
from butter_pipeline.features.formulas import formulas
from butter_pipeline.features.proof import whole
from butter_pipeline.features.registry import FeatureError, feature, features, features_of
from butter_pipeline.features.transforms import transforms
from butter_pipeline.settings import PROJECT_ROOT


def test_the_page_of_features_is_what_the_registry_says() -> None:
    written = (PROJECT_ROOT / "docs" / "features.md").read_text()
    assert written == catalogue.page(), "run python -m butter_pipeline.features.catalogue > docs/features.md"


def test_the_page_the_list_and_the_proof_count_one_number_of_formulas() -> None:
    counted = len(set(formulas(features()).values()))
    assert f"{len(features())} features by {counted} distinct formulas" in catalogue.page()
    assert catalogue.listed()["formulas"] == counted
    assert len({each["formula_name"] for each in catalogue.listed()["features"]}) == counted
    assert whole.counts()["formulas"] == counted


def test_the_command_lists_every_feature_with_all_that_it_states() -> None:
    asked = [sys.executable, "-m", "butter_pipeline.cli", "features", "--json"]
    told = json.loads(subprocess.run(asked, capture_output=True, text=True, check=True, cwd=PROJECT_ROOT).stdout)
    assert [each["name"] for each in told["features"]] == [each.name for each in features()]
    assert told["formulas"] == len(set(formulas(features()).values())) and told["transforms"] == [
        each.name for each in transforms()
    ]
    rsi = next(each for each in told["features"] if each["name"] == "rsi_14")
    assert (rsi["lookback_rows"], rsi["warmup_rows"], rsi["least"], rsi["greatest"]) == (400, 15, 0.0, 100.0)
    assert "Wilder (1978)" in rsi["source"] and "W14" in rsi["formula"] and rsi["inputs"] == ["bars.close"]


def test_an_unknown_family_is_one_line() -> None:
    asked = [sys.executable, "-m", "butter_pipeline.cli", "features", "--family", "astrology"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False, cwd=PROJECT_ROOT)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "no family of features" in done.stderr


def test_what_drift_watches_and_models_learn_from_are_features() -> None:
    there = {each.name for each in features()}
    assert set(configs.load("drift").values["columns"]) <= there
    assert set(configs.load("learning").values["features"]) <= there


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch):
    """A family of another package, under the entry point."""
    module = ModuleType("somebody.signals")
    module.INPUTS = ("bars",)
    module.__doc__ = "Signals of somebody."

    @feature(("bars.close",), 2, "ratio")
    def their_ratio(view) -> np.ndarray:
        """The close over the one before.

        C / C[1]. Source: somebody (2024).
        """
        return view["bars.close"][-1] / view["bars.close"][0]

    their_ratio.formula.__module__ = module.__name__
    module.their_ratio = their_ratio
    monkeypatch.setitem(sys.modules, module.__name__, module)

    def named(name: str) -> None:
        points = [EntryPoint(name, module.__name__, registry.ENTRY_POINTS)]
        monkeypatch.setattr(registry, "entry_points", lambda group: points if group == registry.ENTRY_POINTS else [])
        _forget()

    yield named
    monkeypatch.undo()
    _forget()


def _forget() -> None:
    for each in (registry.homes, registry.features_of, registry.features, registry.family_schema):
        each.cache_clear()


def test_another_package_adds_a_family_by_an_entry_point(house) -> None:
    house("theirs")
    assert "theirs" in registry.families() and "their_ratio" in [each.name for each in features()]
    [found] = features_of("theirs")
    assert (found.family, found.source) == ("theirs", "somebody (2024)")


def test_a_family_of_another_package_cannot_take_a_name_that_there_is(house) -> None:
    house("technical")
    with pytest.raises(FeatureError, match="entry point technical = somebody.signals: there is a family technical"):
        registry.families()
