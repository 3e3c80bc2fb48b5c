"""Butterflies found in chains: tiny literal markets first, then the delivered one."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets_tests.opportunities.tiny import (
    ANALYZER,
    SAMPLE,
    SESSION,
    SPAN,
    chain,
    features,
    sample_chains,
    sample_features,
    searching,
    table,
)
from butter_pipeline.identity import natural_id
from butter_pipeline.market.sessions import as_of, next_session, offset
from butter_pipeline.opportunities.butterflies import Analyzer, butterflies
from butter_pipeline.opportunities.frames import BUTTERFLIES
from butter_pipeline.policy.weightings import Weighting, weighted


def found(rows: list[dict[str, object]], analyzer: Analyzer = ANALYZER) -> list[dict[str, object]]:
    return butterflies(table(rows), features(), SPAN, analyzer).to_pylist()


def strikes(row: dict[str, object]) -> tuple[object, ...]:
    return row["lower_strike"], row["body_strike"], row["upper_strike"]


def changed(rows: list[dict[str, object]], strike: float, right: str, **values: object) -> list[dict[str, object]]:
    return [row | values if (row["strike"], row["right"]) == (strike, right) else row for row in rows]


def test_the_butterfly_at_the_money_is_found_and_described() -> None:
    (row,) = found(chain())
    # the deviation to expiry is 100 x 0.4 x sqrt(8 / 252) = 7.1, one and a half of it two steps of 5
    assert strikes(row) == (90.0, 100.0, 110.0)
    assert (row["session"], row["symbol"], row["strategy"], row["option_right"]) == (SESSION, "AAA", "butterfly", "C")
    assert (row["expiry"], row["sessions_to_expiry"]) == (offset(SESSION, 8), 8)
    assert (row["spot"], row["body_iv"], row["moneyness_pct"], row["width_pct"]) == (100.0, 0.4, 0.0, 10.0)
    quoted = {each["strike"]: each for each in chain() if each["right"] == "C"}
    asked = quoted[90.0]["ask"] - 2 * quoted[100.0]["bid"] + quoted[110.0]["ask"]
    offered = quoted[90.0]["bid"] - 2 * quoted[100.0]["ask"] + quoted[110.0]["bid"]
    cost, value = 100.0 * asked + 2.6, 100.0 * offered - 2.6
    assert row["open_cost_usd"] == pytest.approx(cost)
    assert row["mid_usd"] == pytest.approx(0.5 * (cost + value))
    assert row["cost_share_pct"] == pytest.approx(100.0 * (cost - value) / cost)
    assert row["reward_to_risk"] == pytest.approx((1000.0 - cost) / cost)
    assert row["delta"] == pytest.approx(0.0, abs=0.05) and row["gamma"] < 0.0 < row["theta"] and row["vega"] < 0.0
    assert row["available_at"] == as_of(SESSION)


def test_its_id_names_what_it_is() -> None:
    (row,) = found(chain())
    key = ("tiny", SESSION, "AAA", "C", offset(SESSION, 8), 90.0, 100.0, 110.0)
    assert row["opportunity_id"] == natural_id("butterfly", *key)
    (other,) = found(chain(), replace(ANALYZER, vendor="another"))
    assert other["opportunity_id"] != row["opportunity_id"]


@pytest.mark.parametrize(("ahead", "count"), [(7, 0), (8, 1), (17, 1), (18, 0)])
def test_an_expiry_must_leave_time_for_the_exit_and_not_too_much(ahead: int, count: int) -> None:
    assert len(found(chain(ahead=ahead))) == count


def test_the_nearest_expiries_that_qualify_are_looked_at() -> None:
    rows = [row for ahead in (3, 9, 12, 15) for row in chain(ahead=ahead)]
    assert sorted(row["sessions_to_expiry"] for row in found(rows)) == [9, 12]


def test_the_right_that_is_cheaper_to_trade_is_taken() -> None:
    rows = chain()
    dear = next(row["ask"] for row in rows if (row["strike"], row["right"]) == (90.0, "C"))
    (row,) = found(changed(rows, 90.0, "C", ask=dear + 0.5))
    assert row["option_right"] == "P"


@pytest.mark.parametrize(("bid", "count"), [(0.01, 1), (0.0, 0)])
def test_a_butterfly_whose_body_nobody_bids_for_is_none(bid: float, count: int) -> None:
    rows = [row | {"bid": 1.0, "ask": 1.04} for row in chain(strikes=(90, 100, 110)) if row["right"] == "C"]
    rows = changed(rows, 100.0, "C", bid=bid, ask=0.04)
    assert len(found(rows)) == count


def test_a_wing_that_nobody_bids_for_may_be_bought() -> None:
    rows = changed(chain(), 110.0, "C", bid=0.0, ask=0.8)
    (row,) = found([row for row in rows if row["right"] == "C"])
    assert strikes(row) == (90.0, 100.0, 110.0)


def test_wings_must_stand_equally_far_from_the_body() -> None:
    rows = chain(strikes=(80, 85, 90, 95, 100, 105, 112, 118, 125))
    assert all(
        row["upper_strike"] - row["body_strike"] == row["body_strike"] - row["lower_strike"] for row in found(rows)
    )
    assert found(chain(strikes=(80, 90, 100, 105, 109))) == []


def test_a_leg_without_volatility_cannot_be_valued() -> None:
    rows = changed(changed(chain(), 110.0, "C", vendor_iv=None), 110.0, "P", vendor_iv=None)
    assert found(rows) == []


def test_a_butterfly_that_mostly_feeds_the_brokers_is_left_out() -> None:
    (row,) = found(chain())
    share = row["cost_share_pct"]
    assert found(chain(), searching(cost_share_pct_max=share + 1e-9)) != []
    assert found(chain(), searching(cost_share_pct_max=share - 1e-9)) == []


def test_a_butterfly_that_can_earn_nothing_is_left_out() -> None:
    rows = [row | {"ask": row["ask"] + 6.0} for row in chain()]
    assert found(rows, searching(cost_share_pct_max=1e9)) == []


def test_widths_that_come_to_the_same_strikes_count_once() -> None:
    assert len(found(chain(), searching(width_sigmas=(1.4, 1.5)))) == 1
    assert len(found(chain(), searching(width_sigmas=(1.5, 3.0)))) == 2


def test_of_each_shape_the_best_body_is_kept_and_of_these_the_best_butterflies() -> None:
    told = features({"session": SESSION, "symbol": "AAA", "arima_7_pct": 5.0, "arima_band_7_pct": 4.0})
    rows = chain(strikes=range(70, 135)) + chain(strikes=range(70, 135), ahead=12)
    analyzer = searching(width_sigmas=(1.0, 2.0))
    kept = butterflies(table(rows), told, SPAN, analyzer).to_pylist()
    assert len({(row["expiry"], row["upper_strike"] - row["body_strike"]) for row in kept}) == 4
    # within half a deviation of the spot (3.6, and 4.4 for the later expiry) the nearest to the forecast of 105.1
    assert {(row["sessions_to_expiry"], row["body_strike"]) for row in kept} == {(8, 103.0), (12, 104.0)}
    best = butterflies(table(rows), told, SPAN, searching(width_sigmas=(1.0, 2.0), per_symbol=2)).to_pylist()
    assert [row["sessions_to_expiry"] for row in best] == [12, 12]


def test_among_equal_scores_the_nearer_expiry_and_the_lower_strike_come_first() -> None:
    rows = chain(strikes=range(70, 135)) + chain(strikes=range(70, 135), ahead=12)
    (row,) = found(rows, searching(width_sigmas=(1.0, 2.0), per_symbol=1))
    assert row["static_score"] == 50.0
    # bodies within half a deviation are 97 to 103; two deviations are 14
    assert (row["sessions_to_expiry"], *strikes(row)) == (8, 83.0, 97.0, 111.0)


def test_without_features_every_score_is_neutral() -> None:
    (row,) = found(chain())
    assert [value for name, value in row.items() if name.endswith("_score")] == [50.0] * 5


def test_the_weights_are_those_handed_in() -> None:
    told = features({"session": SESSION, "symbol": "AAA", "garch_7_pct": 40.0 / np.exp(0.3)})
    alone = replace(ANALYZER, weigh=partial(weighted, weighting=Weighting(0.0, 1.0, 0.0, 0.0)))
    (row,) = butterflies(table(chain()), told, SPAN, alone).to_pylist()
    assert row["vol_mispricing_score"] == pytest.approx(80.0)
    assert row["static_score"] == row["vol_mispricing_score"]
    (row,) = butterflies(table(chain()), told, SPAN, ANALYZER).to_pylist()
    assert row["static_score"] == pytest.approx(50.0 + 0.3 * 30.0)


def test_features_of_another_session_or_symbol_say_nothing() -> None:
    odd = features(
        {"session": next_session(SESSION), "symbol": "AAA", "garch_7_pct": 10.0},
        {"session": SESSION, "symbol": "BBB", "garch_7_pct": 10.0},
    )
    (row,) = butterflies(table(chain()), odd, SPAN, ANALYZER).to_pylist()
    assert row["vol_mispricing_score"] == 50.0


def test_sessions_that_are_not_asked_for_are_not_made() -> None:
    rows = table(chain() + chain(session=next_session(SESSION), ahead=9))
    made = butterflies(rows, features(), [next_session(SESSION)], ANALYZER)
    assert made["session"].to_pylist() == [next_session(SESSION)]
    assert butterflies(rows, features(), [], ANALYZER).num_rows == 0


def test_an_empty_chain_has_no_butterflies() -> None:
    none = butterflies(table([]), features(), SPAN, ANALYZER)
    assert none.num_rows == 0 and none.schema.equals(BUTTERFLIES.schema)


@pytest.fixture(scope="module")
def sample() -> pa.Table:
    return butterflies(sample_chains(), sample_features(), SPAN, searching(width_sigmas=(1.5, 2.0, 2.5)))


def test_rows_have_the_schema_are_in_order_and_hold_numbers(sample: pa.Table) -> None:
    assert sample.schema.equals(BUTTERFLIES.schema)
    assert sample.equals(sample.sort_by([(name, "ascending") for name in BUTTERFLIES.key]))
    sample.validate(full=True)
    for field in sample.schema:
        assert sample[field.name].null_count == 0
        if pa.types.is_floating(field.type):
            assert np.isfinite(sample[field.name].to_numpy()).all(), field.name
    counts = sample.group_by(["session", "symbol"]).aggregate([("opportunity_id", "count_distinct")])
    assert set(counts["opportunity_id_count_distinct"].to_pylist()) <= {1, 2, 3, 4}
    assert counts.num_rows > 0.95 * 13 * len(SAMPLE)
    for name in [each for each in sample.schema.names if each.endswith("_score")]:
        assert pc.min(sample[name]).as_py() >= 0.0 and pc.max(sample[name]).as_py() <= 100.0


def only(column: str, value: object) -> Callable[[pa.Table], pa.Table]:
    return lambda rows: rows.filter(pc.equal(rows[column], pa.scalar(value, rows[column].type)))


@given(st.sampled_from(SAMPLE), st.sampled_from(["GRYD", "INDX", "VYTA"]), st.integers(0, 99))
@settings(max_examples=10, deadline=None)
def test_a_session_or_symbol_has_the_same_bits_alone_among_others_and_shuffled(
    sample: pa.Table, session: object, symbol: str, seed: int
) -> None:
    analyzer = searching(width_sigmas=(1.5, 2.0, 2.5))
    for mine in (only("session", session), only("symbol", symbol)):
        rows = mine(sample_chains())
        shuffled = rows.take(pa.array(np.random.default_rng(seed).permutation(rows.num_rows)))
        assert butterflies(shuffled, sample_features(), SPAN, analyzer).equals(mine(sample).combine_chunks())


def test_values_of_the_vendors_volatilities_are_near_the_mids(sample: pa.Table) -> None:
    from butter_pipeline.options import butterfly

    chains = {
        tuple(row[name] for name in ("session", "symbol", "expiry", "strike", "right")): row["vendor_iv"]
        for row in only("session", SAMPLE[0])(sample_chains()).to_pylist()
    }
    for row in only("session", SAMPLE[0])(sample).to_pylist():
        key = (row["session"], row["symbol"], row["expiry"])
        legs = strikes(row)
        ivs = butterfly.Strikes(*(np.array([chains[*key, leg, row["option_right"]]]) for leg in legs))
        made = butterfly.Butterflies(
            np.array([row["option_right"] == "C"]),
            np.array([row["spot"]]),
            butterfly.Strikes(*(np.array([leg]) for leg in legs)),
            np.array([row["sessions_to_expiry"] / 252]),
            ivs,
        )
        # the model leaves interest out; the mids hold it
        assert 100.0 * butterfly.value(made).item() == pytest.approx(row["mid_usd"], rel=0.05, abs=6.0)
