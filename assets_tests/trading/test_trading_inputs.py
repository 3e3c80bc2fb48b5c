from dataclasses import replace

import pytest

from assets_tests.trading.desks import DAYS, LEARNED, candidate, held, life, session, steps, tables
from butter_pipeline import configs
from butter_pipeline.backtest.fills import costs_from_config
from butter_pipeline.errors import ButterError
from butter_pipeline.policy.weightings import Weighting
from butter_pipeline.trading import ledger, pictures
from butter_pipeline.trading.desk import Desk, desk_from_config
from butter_pipeline.trading.inputs import seen

MARKET = tables({"AAA.1": life(100.0, 5.0), "BBB.1": [(1.0, 0.5), (float("nan"), None)]}, {"AAA.1": 0, "BBB.1": 1})


def delivered(**changes: object) -> Desk:
    values = configs.load("trading").values | changes
    return desk_from_config(values, "v", Weighting(1.0, 1.0, 1.0, 1.0), costs_from_config(configs.load("costs").values))


def test_the_desk_sees_each_session_by_itself() -> None:
    first, second, third = seen(MARKET, DAYS[:3])
    assert [one.butterfly.opportunity_id for one in first.candidates] == ["AAA.1"]
    assert first.candidates[0].scores == (55.0, 56.0, 57.0, 58.0) and first.learned == LEARNED
    assert first.marks == {"AAA.1": (102.0, 98.0)}
    assert second.marks == {"AAA.1": (107.0, 103.0), "BBB.1": (1.0, 0.5)}
    assert third.marks["BBB.1"] == (None, None) and third.candidates == ()
    assert third.underlying_prices == {"AAA": 100.0, "BBB": 100.0} and third.predictions == {}


def test_only_production_predictions_are_seen() -> None:
    row = {"session": DAYS[0], "opportunity_id": "AAA.1", "success_probability": 0.6}
    rows = [row | {"role": "shadow", "prediction_id": "s"}, row | {"role": "production", "prediction_id": "p"}]
    import pyarrow as pa

    (first,) = seen(replace(MARKET, predictions=pa.Table.from_pylist(rows[::-1])), DAYS[:1])
    assert first.predictions == {"AAA.1": ("p", 0.6)}


def test_a_session_without_weights_is_named() -> None:
    with pytest.raises(ButterError, match="policy/weights has no row for 2024-03-05; make it for that session"):
        seen(replace(MARKET, weights=MARKET.weights.slice(0, 1)), DAYS[:2])


def test_the_delivered_configuration_is_a_desk() -> None:
    desk = delivered()
    assert (desk.limits.position_pct, desk.limits.open_positions, desk.limits.risk_per_trade_pct) == (10.0, 20, 1.0)
    assert (desk.switch.losses_in_a_row, desk.switch.drawdown_pct) == (3, 10.0)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"base_risk_pct": "much"}, "base_risk_pct must be a number of at least 0, was 'much'"),
        ({"base_risk_pct": None}, "base_risk_pct must be a number of at least 0, was None"),
        ({"limits": 3}, "limits must be values by name, was 3"),
        ({"limits": {"position_pct": 11, "open_positions": 1, "risk_per_trade_pct": 1}}, "must be from 0 to 10.0, was"),
    ],
)
def test_a_wrong_configuration_is_refused_in_one_line(changes: dict[str, object], said: str) -> None:
    with pytest.raises(ButterError, match=said):
        delivered(**changes)


def test_rows_that_differ_are_told_by_asset_and_column() -> None:
    taken = steps([session(0, candidate("AAA.1")), session(1)])
    made, other = ledger.tables(taken, delivered()), ledger.tables(taken[:1], delivered())
    assert ledger.differences(made, made) is None
    assert ledger.differences(made, other) == "trading/books (2 rows, 4 stand)"
    dearer = ledger.tables(steps([session(0, candidate("AAA.1", cost=101.0)), session(1)]), delivered())
    assert ledger.differences(made, dearer) == "trading/order_intents (limit_usd); trading/books (book_json)"


def test_the_books_pictures_are_the_same_for_the_same_books() -> None:
    rows = ledger.tables(steps(seen(MARKET, DAYS[:9])), delivered())["books"]
    for draw in (pictures.equity, pictures.open_positions):
        assert draw(rows).startswith(b"\x89PNG") and draw(rows) == draw(rows)
    assert held("AAA.1").value_usd == 100.0
