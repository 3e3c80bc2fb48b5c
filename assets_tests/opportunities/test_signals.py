"""Signals of all strategies, as rows."""

from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from assets_tests.opportunities.tiny import SAMPLE, SESSION, SPAN, features, simulated
from butter_pipeline import configs
from butter_pipeline.identity import natural_id
from butter_pipeline.market.frames import BARS
from butter_pipeline.market.sessions import as_of
from butter_pipeline.opportunities.frames import SIGNALS
from butter_pipeline.opportunities.signals import Desk, signals
from butter_pipeline.strategies import strategies_from_config
from butter_pipeline.strategies.ibs import InternalBarStrength
from butter_pipeline.strategies.mean_reversion import MeanReversion

NAMES = ("ibs", "rsi_2", "rsi_14", "bollinger_position_20", "volume_ratio_20", "atr_14_pct")
IBS = InternalBarStrength(extreme=0.2, stop_atrs=2.0, target_atrs=1.5)
REVERSION = MeanReversion(band=0.0, rsi_extreme=30.0, stop_atrs=2.0, target_atrs=2.0)
DESK = Desk("tiny", [IBS, REVERSION])


def bar(symbol: str, close: float) -> dict[str, object]:
    prices = dict.fromkeys(("open", "high", "low", "close"), close)
    known = as_of(SESSION) - timedelta(minutes=45)
    return {"session": SESSION, "symbol": symbol, **prices, "volume": 1.0, "available_at": known}


def bars(*rows: dict[str, object]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=BARS.schema)


def told(symbol: str, **values: float) -> dict[str, object]:
    return {"session": SESSION, "symbol": symbol, **values}


def test_a_weak_close_is_bought_with_stop_and_target_in_true_ranges() -> None:
    seen = features(told("AAA", ibs=0.1, rsi_2=10.0, volume_ratio_20=1.5, atr_14_pct=2.0), names=NAMES)
    (row,) = signals(bars(bar("AAA", 50.0)), seen, SPAN, DESK).to_pylist()
    assert (row["symbol"], row["strategy"], row["side"], row["confirmations"]) == ("AAA", "ibs", "long", 3)
    assert [row[name] for name in ("entry_price", "stop_price", "target_price")] == [50.0, 48.0, 51.5]
    assert row["confidence"] == pytest.approx((0.75 + 0.8 + 0.5) / 3)
    assert row["signal_id"] == natural_id("signal", "tiny", SESSION, "AAA", "ibs")
    assert row["available_at"] == as_of(SESSION)


def test_a_strong_close_is_sold_with_stop_above_and_target_below() -> None:
    seen = features(told("AAA", ibs=0.95, rsi_2=20.0, volume_ratio_20=0.8, atr_14_pct=2.0), names=NAMES)
    (row,) = signals(bars(bar("AAA", 50.0)), seen, SPAN, DESK).to_pylist()
    assert (row["side"], row["confirmations"]) == ("short", 1)
    assert [row[name] for name in ("stop_price", "target_price")] == [52.0, 48.5]


def test_strategies_speak_apart_and_symbols_too() -> None:
    low = told("AAA", ibs=0.1, rsi_2=1.0, rsi_14=20.0, bollinger_position_20=-0.1, volume_ratio_20=1.0, atr_14_pct=1.0)
    seen = features(low, told("BBB", ibs=0.5, rsi_14=50.0, bollinger_position_20=0.5, atr_14_pct=1.0), names=NAMES)
    rows = signals(bars(bar("AAA", 10.0), bar("BBB", 10.0), bar("CCC", 10.0)), seen, SPAN, DESK).to_pylist()
    assert sorted((row["symbol"], row["strategy"]) for row in rows) == [("AAA", "ibs"), ("AAA", "mean_reversion")]


@pytest.mark.parametrize("missing", ["ibs", "atr_14_pct"])
def test_without_what_it_rests_on_a_strategy_says_nothing(missing: str) -> None:
    values = {"ibs": 0.1, "rsi_2": 10.0, "volume_ratio_20": 1.5, "atr_14_pct": 2.0}
    del values[missing]
    assert signals(bars(bar("AAA", 50.0)), features(told("AAA", **values), names=NAMES), SPAN, DESK).num_rows == 0


def test_sessions_that_are_not_asked_for_get_no_signals() -> None:
    seen = features(told("AAA", ibs=0.1, rsi_2=10.0, volume_ratio_20=1.5, atr_14_pct=2.0), names=NAMES)
    assert signals(bars(bar("AAA", 50.0)), seen, SAMPLE[1:], DESK).num_rows == 0


def test_without_bars_there_are_no_signals() -> None:
    none = signals(bars(), features(names=NAMES), SPAN, DESK)
    assert none.num_rows == 0 and none.schema.equals(SIGNALS.schema)


def test_a_session_has_the_same_bits_alone_in_a_range_and_shuffled() -> None:
    rows, random = simulated().bars(SAMPLE), np.random.default_rng(2)
    seen = features(
        *(
            {"session": session, "symbol": symbol}
            | {name: random.random() * (100.0 if "rsi" in name else 1.3) for name in NAMES if random.random() < 0.9}
            for session in SAMPLE
            for symbol in simulated().symbols(session)
        ),
        names=NAMES,
    )
    desk = Desk("sample", strategies_from_config(configs.load("opportunities").values["strategies"]))
    together = signals(rows, seen, SPAN, desk)
    assert together.num_rows > 20
    assert together.equals(together.sort_by([(name, "ascending") for name in SIGNALS.key]))
    for session in SAMPLE[:4]:
        mine = rows.filter(pc.equal(rows["session"], pa.scalar(session)))
        mine = mine.take(pa.array(random.permutation(mine.num_rows)))
        kept = together.filter(pc.equal(together["session"], pa.scalar(session)))
        assert signals(mine, seen, SPAN, desk).combine_chunks().equals(kept.combine_chunks())
