"""Actions out of cumulative factors."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets_tests.shared_data import shared_data
from butter_pipeline.market.actions.factors import Line, actions_of, simplest
from butter_pipeline.market.vendors.action_files import read_actions


def told(*lines: Line) -> list[dict[str, Any]]:
    return list(actions_of("AAA", lines))


def test_a_change_of_the_split_factor_is_a_split_in_the_session_after() -> None:
    # Friday the 6th is the last session on the old basis
    found = told(Line(date(2014, 6, 6), 0.9, 0.0357143, 645.57), Line(date(2014, 8, 6), 0.9, 0.25, 94.97))
    assert found == [{"session": date(2014, 6, 9), "symbol": "AAA", "kind": "split", "ratio": 7.0}]


def test_a_change_of_the_price_factor_is_a_dividend_to_the_digits_that_the_factors_carry() -> None:
    found = told(Line(date(2014, 5, 7), 0.8961764, 1.0, 592.33), Line(date(2014, 6, 6), 0.9011818, 1.0, 645.57))
    assert found == [{"session": date(2014, 5, 8), "symbol": "AAA", "kind": "dividend", "cash": 3.29}]


def test_both_may_happen_in_one_session_and_neither_where_nothing_changes() -> None:
    found = told(Line(date(2014, 5, 7), 0.5, 0.5, 100.0), Line(date(2014, 6, 6), 1.0, 1.0, 50.0))
    assert [(each["kind"], each.get("ratio"), each.get("cash")) for each in found] == [
        ("split", 2.0, None),
        ("dividend", None, 50.0),
    ]
    assert told(Line(date(2014, 5, 7), 1.0, 1.0, 1.0), Line(date(2050, 12, 31), 1.0, 1.0, 0.0)) == []


def test_lines_in_any_order_say_the_same() -> None:
    lines = Line(date(2014, 6, 6), 1.0, 0.5, 645.57), Line(date(2014, 8, 6), 1.0, 1.0, 94.97)
    assert told(*lines) == told(*lines[::-1]) != []


def test_a_factor_that_no_share_is_cut_by_is_a_spin_off() -> None:
    (found,) = told(Line(date(2014, 6, 6), 1.0, 0.956271, 200.0), Line(date(2014, 8, 6), 1.0, 1.0, 94.97))
    assert (found["kind"], found["cash"]) == ("spin_off", pytest.approx(200.0 * (1 - 0.956271), abs=0.01))


def test_a_dividend_without_a_reference_price_is_handed_over_for_quality_to_refuse() -> None:
    (found,) = told(Line(date(2014, 5, 7), 0.9, 1.0, None), Line(date(2014, 6, 6), 1.0, 1.0, None))
    assert (found["kind"], found["cash"]) == ("dividend", None)


@given(st.integers(1, 50), st.integers(1, 20), st.floats(0.001, 1.0))
def test_any_ratio_of_whole_shares_survives_the_rounding_of_factors(new: int, old: int, after: float) -> None:
    before = float(f"{after * old / new:.6g}")
    assert simplest(float(f"{after:.6g}") / before) == Fraction(new, old)


KNOWN: Mapping[str, Mapping[date, float]] = {
    "AAPL": {date(2000, 6, 21): 2.0, date(2005, 2, 28): 2.0, date(2014, 6, 9): 7.0, date(2020, 8, 31): 4.0},
    "IBM": {date(1999, 5, 27): 2.0},
    "SPY": {},
}
"""The splits of these years, as the companies announced them."""


@pytest.mark.parametrize("symbol", KNOWN)
def test_real_files_tell_the_splits_that_there_were(symbol: str) -> None:
    rows = read_actions([shared_data("bars", f"{symbol}_factors.csv")]).to_pylist()
    assert {row["session"]: row["ratio"] for row in rows if row["kind"] == "split"} == KNOWN[symbol]
    assert {row["kind"] for row in rows} <= {"split", "dividend"}
    paid = {row["session"]: row["cash"] for row in rows if row["kind"] == "dividend"}
    assert len(paid) > 30 and all(0.0 < cash < 10.0 for cash in paid.values())
    if symbol == "AAPL":
        # declared: 2.65 a share on 2012-08-09, 3.29 on 2014-05-08, 0.47 on 2014-08-07
        assert paid[date(2012, 8, 9)] == pytest.approx(2.65, abs=2e-4)
        assert paid[date(2014, 5, 8)] == pytest.approx(3.29, abs=2e-4)
        assert paid[date(2014, 8, 7)] == pytest.approx(0.47, abs=2e-5)
