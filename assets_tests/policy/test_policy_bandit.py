from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from butter_pipeline import configs
from butter_pipeline.errors import ButterError
from butter_pipeline.market.sessions import as_of, offset, sessions_between
from butter_pipeline.policy import bandit
from butter_pipeline.policy.bandit import Policy
from butter_pipeline.policy.frames import WEIGHTS
from butter_pipeline.policy.weightings import PARTS, STATIC, Weighting, weighted, weighting_of
from butter_pipeline.store.conform import conformed

VENDOR = "little"
DAYS = sessions_between(date(2024, 1, 2), date(2024, 12, 31))
EVEN = Weighting(1.0, 1.0, 1.0, 1.0)
FIRST_PART = Weighting(1.0, 0.0, 0.0, 0.0)
SECOND_PART = Weighting(0.0, 1.0, 0.0, 0.0)
POLICY = Policy({STATIC: FIRST_PART, "second": SECOND_PART}, 20, 5, 1, 5.0)
HELD = 8


def found(*rows: tuple[int, str, float, float, float | None]) -> tuple[pa.Table, pa.Table]:
    """Butterflies (day, name, first score, second score, profit) and what they came to eight sessions later."""
    butterflies = [
        {"session": DAYS[day], "opportunity_id": f"{name}@{day}", "symbol": name.split(".")[0]}
        | dict(zip((f"{part}_score" for part in PARTS), (first, second, 0.0, 0.0), strict=True))
        for day, name, first, second, _ in rows
    ]
    outcomes = [
        {"session": DAYS[day + HELD], "opportunity_id": f"{name}@{day}", "profit_pct": profit}
        for day, name, _, _, profit in rows
    ]
    types = {"session": pa.date32(), "profit_pct": pa.float64(), "opportunity_id": pa.string()}
    schema = pa.schema([(n, types[n]) for n in ("session", "opportunity_id", "profit_pct")])
    return pa.Table.from_pylist(butterflies), pa.Table.from_pylist(outcomes, schema=schema)


def season(days: int, first: float, second: float, *, noise: float = 1.0) -> tuple[pa.Table, pa.Table]:
    """Each day a butterfly that the first part likes and one that the second likes, with their mean profits."""
    chance = np.random.default_rng(7)
    rows = []
    for day in range(days):
        shared = chance.normal() * 20.0
        rows.append((day, "AAA.1", 90.0, 10.0, float(first + shared + noise * chance.normal())))
        rows.append((day, "AAA.2", 10.0, 90.0, float(second + shared + noise * chance.normal())))
    return found(*rows)


def chosen(tables: tuple[pa.Table, pa.Table], day: int, policy: Policy = POLICY) -> dict[str, Any]:
    return dict(bandit.weights(*tables, [DAYS[day]], VENDOR, policy).to_pylist()[0])


def test_a_candidates_reward_is_the_mean_profit_of_what_it_ranks_first_by_symbol() -> None:
    tables = found(
        (0, "AAA.1", 90.0, 10.0, 10.0),
        (0, "AAA.2", 10.0, 90.0, -20.0),
        (0, "BBB.1", 50.0, 50.0, 30.0),
        (1, "AAA.1", 1.0, 1.0, 5.0),
        (1, "AAA.2", 1.0, 1.0, 7.0),  # a tie: the first by name
        (2, "AAA.1", 1.0, 1.0, None),  # nobody quoted it: no reward, though another would have had one
        (2, "AAA.2", 0.0, 0.0, 7.0),
    )
    places, rewards = bandit.matured_rewards(*tables, [FIRST_PART, SECOND_PART])
    assert (np.diff(places) == 1).all()
    np.testing.assert_array_equal(rewards, [[20.0, 5.0], [5.0, 5.0], [np.nan, np.nan]])


def test_the_static_weights_stand_until_enough_has_matured() -> None:
    tables = season(30, 0.0, 50.0)
    few, enough = chosen(tables, 4 + HELD - 1), chosen(tables, 4 + HELD)
    assert (few["candidate"], few["observed_sessions"], few["candidates_json"]) == (STATIC, 4, "{}")
    assert [few[part] for part in PARTS] == [1.0, 0.0, 0.0, 0.0]
    assert (enough["candidate"], enough["observed_sessions"]) == ("second", 5)
    assert [enough[part] for part in PARTS] == [0.0, 1.0, 0.0, 0.0]
    nothing = chosen((tables[0], tables[1].slice(0, 0)), 4)
    assert (nothing["candidate"], nothing["observed_sessions"], nothing["expected_reward_pct"]) == (STATIC, 0, 0.0)


@pytest.mark.parametrize(("first", "second", "best"), [(0.0, 30.0, "second"), (30.0, 0.0, STATIC)])
def test_it_follows_what_has_paid(first: float, second: float, best: str) -> None:
    row = chosen(season(60, first, second), 60)
    assert row["candidate"] == best and row["observed_sessions"] == 20


def test_a_difference_is_shrunk_by_the_prior_and_by_the_overlap() -> None:
    rewards = (np.arange(4), np.array([[1.0, 2.0], [2.0, 5.0], [3.0, 4.0], [4.0, 7.0]]))
    believed = bandit.belief(rewards, np.array([3]), Policy(POLICY.candidates, 20, 1, 2, 2.0))
    # Differences 1, 3, 1, 3: mean 2, variance 4/3; four sessions count as two.
    known = 2 / (4 / 3)
    assert believed.static_mean_pct[0] == 2.5 and believed.observed_sessions[0] == 4
    np.testing.assert_allclose(believed.difference_pct[0], [0.0, known * 2.0 / (known + 0.25)], rtol=1e-14)
    np.testing.assert_allclose(believed.deviation_pct[0], [0.0, (known + 0.25) ** -0.5], rtol=1e-14)


def test_a_candidate_that_never_picked_differently_is_known_not_to_differ() -> None:
    rewards = (np.arange(4), np.repeat([[3.0], [-2.0], [5.0], [0.0]], 2, axis=1))
    believed = bandit.belief(rewards, np.array([3]), POLICY)
    assert believed.difference_pct[0].tolist() == [0.0, 0.0]
    assert believed.deviation_pct[0, 0] == 0.0 and believed.deviation_pct[0, 1] < 1e-5


def test_no_outcome_is_seen_before_it_matures_and_none_beyond_the_window() -> None:
    tables = season(80, 0.0, 0.0)
    day = 50
    seen = bandit.weights(*tables, [DAYS[day]], VENDOR, POLICY)
    profits = np.array(tables[1]["profit_pct"].to_pylist())
    matured = np.array([DAYS.index(session) for session in tables[1]["session"].to_pylist()])
    for hidden in (matured > day, matured <= day - POLICY.window_sessions):
        other = tables[1].set_column(2, "profit_pct", pa.array(np.where(hidden, 1e6, profits)))
        assert bandit.weights(tables[0], other, [DAYS[day]], VENDOR, POLICY) == seen
    inside = np.where(matured == day, 1e6, profits)
    other = tables[1].set_column(2, "profit_pct", pa.array(inside))
    assert bandit.weights(tables[0], other, [DAYS[day]], VENDOR, POLICY) != seen


@given(st.integers(0, 79), st.integers(1, 30))
@settings(max_examples=25, deadline=None)
def test_a_session_alone_is_the_same_session_of_a_range_to_the_bit(start: int, length: int) -> None:
    tables = season(80, 1.0, 2.0, noise=10.0)
    sessions = DAYS[start : start + length]
    whole = bandit.weights(*tables, sessions, VENDOR, POLICY)
    first, last = offset(sessions[-1], 1 - POLICY.window_sessions), sessions[-1]
    near = [
        tables[0].filter(pc.greater_equal(tables[0]["session"], pa.scalar(offset(first, -HELD)))),
        tables[1].filter(pc.greater_equal(tables[1]["session"], pa.scalar(first))),
    ]
    alone = bandit.weights(*near, [last], VENDOR, POLICY)
    assert alone == whole.slice(len(sessions) - 1)
    assert conformed(whole, WEIGHTS) == whole
    assert whole["available_at"].to_pylist() == [as_of(session) for session in sessions]


def test_rows_may_come_in_any_order() -> None:
    butterflies, outcomes = season(40, 1.0, 2.0, noise=10.0)
    back = [table.take(pa.array(range(table.num_rows - 1, -1, -1))) for table in (butterflies, outcomes)]
    asked = (DAYS[10:45], VENDOR, POLICY)
    assert bandit.weights(*back, *asked) == bandit.weights(butterflies, outcomes, *asked)


def test_draws_differ_by_vendor_and_session_and_are_the_same_again() -> None:
    tables = season(60, 0.0, 0.0, noise=30.0)
    names = {
        vendor: bandit.weights(*tables, DAYS[20:60], vendor, POLICY)["candidate"].to_pylist() for vendor in ("v", "w")
    }
    assert names["v"] != names["w"] and len(set(names["v"])) == 2
    assert bandit.weights(*tables, DAYS[20:60], "v", POLICY)["candidate"].to_pylist() == names["v"]


def test_the_delivered_configuration_has_the_static_weights_first() -> None:
    static = weighting_of(configs.load("opportunities").values["weights"], "opportunities.yml: weights")
    policy = bandit.policy_from_config(configs.load("policy").values, static)
    assert next(iter(policy.candidates.items())) == (STATIC, static) and len(policy.candidates) == 10
    assert static == Weighting(35.0, 30.0, 20.0, 15.0)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"window_sessions": 0}, "window_sessions must be a number above 0, was 0"),
        ({"candidates": []}, "candidates must be weights by name"),
        ({"candidates": {"static": [1, 1, 1, 1]}}, "static is set by opportunities.yml"),
        (
            {"candidates": {"odd": [1, 1, 1]}},
            r"candidates: odd: must be the weights of price_match, .* was",
        ),
        ({"candidates": {"none": [0, 0, 0, 0]}}, "weights must be at least 0 and not all 0"),
        ({"candidates": {"less": [1, -1, 1, 1]}}, "weights must be at least 0 and not all 0"),
    ],
)
def test_a_wrong_configuration_is_refused_in_one_line(changes: dict[str, object], said: str) -> None:
    with pytest.raises(ButterError, match=said):
        bandit.policy_from_config(configs.load("policy").values | changes, EVEN)


@given(st.lists(st.tuples(*[st.floats(0.0, 100.0)] * 4), min_size=1, max_size=50))
def test_one_weighted_score_has_the_bits_of_many(rows: list[tuple[float, float, float, float]]) -> None:
    weighting = Weighting(35.0, 30.0, 20.0, 15.0)
    many = weighted([np.array(column) for column in zip(*rows, strict=True)], weighting)
    assert many.tolist() == [weighted(row, weighting) for row in rows]
    assert all(min(row) - 1e-9 <= score <= max(row) + 1e-9 for row, score in zip(rows, many.tolist(), strict=True))
