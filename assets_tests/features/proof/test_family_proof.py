"""Registered features are proved; a feature that sees what it must not is named with the test that shows it."""

from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa
import pytest

from butter_pipeline.features.compute import compute
from butter_pipeline.features.proof import family as proving
from butter_pipeline.features.proof.alterations import replaced_numbers
from butter_pipeline.features.proof.sample import sample_of
from butter_pipeline.features.proof.transforms import prove_transform
from butter_pipeline.features.registry import families, features_of
from butter_pipeline.features.transforms import Transform, transforms
from butter_pipeline.market.holidays import EARLY_CLOSES

Leak = Callable[[pa.Table, Mapping[str, pa.Table]], float]
NAMED = features_of("cycles")[0].name


@pytest.mark.parametrize("family", families())
def test_every_family_holds_at_a_cut(family: str) -> None:
    proved = proving.prove(family, 1)
    assert proved.mismatches == () and proved.comparisons >= 15
    assert len(proved.features) == len(features_of(family))


@pytest.mark.slow
@pytest.mark.parametrize("family", families())
def test_every_family_holds_at_many_cuts(family: str) -> None:
    assert proving.prove(family, 8, seed=5).mismatches == ()


def leaking(monkeypatch: pytest.MonkeyPatch, leak: Leak) -> proving.Proved:
    """The proof of a family whose first feature has something added to it."""

    def made(family, tables, sessions, *_):
        rows = compute(family, tables, sessions)
        return replaced_numbers(rows, NAMED, rows[NAMED].to_numpy() + leak(rows, tables))

    monkeypatch.setattr(proving, "compute", made)
    return proving.prove("cycles", 1)


@pytest.mark.parametrize(
    ("leak", "test"),
    [
        (lambda _, tables: float(tables["bars"].num_rows), "future cut off"),
        (lambda _, tables: float(np.nansum(tables["bars"]["close"].to_numpy()[-50:])), "noise"),
        (lambda _, tables: float(tables["bars"]["close"][0].as_py()), "shuffled rows"),
        (lambda _, tables: float(len(tables["bars"]["symbol"].unique())), "fewer symbols"),
        (lambda _, tables: float(tables["bars"]["session"].to_numpy().min().astype(int)), "past beyond the look-back"),
        (lambda _, tables: float(np.nanmax(tables["bars"]["volume"].to_numpy())), "undeclared inputs"),
        (lambda rows, _: float(rows.num_rows), "one session alone"),
        (lambda _, tables: float(str(tables["bars"]["available_at"].type).count("Tokyo")), "another zone"),
    ],
)
def test_a_leak_is_named_with_the_test_that_shows_it(monkeypatch: pytest.MonkeyPatch, leak: Leak, test: str) -> None:
    proved = leaking(monkeypatch, leak)
    assert any(each.test.startswith(test) for each in proved.mismatches)
    assert {each.feature for each in proved.mismatches} == {NAMED}
    assert NAMED in proved.said and "became" in proved.said


def test_chance_is_seen_by_asking_again(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = iter(range(1000))
    proved = leaking(monkeypatch, lambda *_: float(next(chance)))
    assert proved.mismatches[0].test == "asked again"


def test_cuts_fall_on_a_half_day_and_beside_a_change_of_the_clock() -> None:
    cuts = proving.cuts_of(sample_of("technical").sessions, 4, 0)
    assert any(cut in EARLY_CLOSES for cut in cuts)
    assert any(proving._clock_changed(cut) for cut in cuts)


@pytest.mark.parametrize("transform", transforms(), ids=lambda transform: transform.name)
def test_every_fitted_transform_holds(transform: Transform) -> None:
    assert prove_transform(transform).mismatches == ()


def scaler(apply: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Transform:
    return Transform("scaler", lambda rows: rows.mean(axis=0), apply, 100, 20, 1)


def test_a_transform_that_scales_by_its_batch_is_named() -> None:
    assert prove_transform(scaler(lambda mean, rows: rows - mean)).mismatches == ()
    found = prove_transform(scaler(lambda _, rows: rows - rows.mean(axis=0))).mismatches
    assert "scaler: future cut off after row 1: its values changed" in found


def test_a_transform_that_writes_into_its_rows_is_named() -> None:
    def apply(mean: np.ndarray, rows: np.ndarray) -> np.ndarray:
        rows -= mean
        return rows.copy()

    assert "scaler: its rows were changed: its values changed" in prove_transform(scaler(apply)).mismatches
