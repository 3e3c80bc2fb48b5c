from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from assets_tests.features.feature_tables import LAST, SESSIONS, bars_of, market
from butter_pipeline.features.registry import Feature
from butter_pipeline.features.windows import panel_of, windows


def closing(rows: int) -> Feature:
    return Feature(lambda bars: bars["bars.close"], ("bars.close",), rows, "price")


def seen(bars: pa.Table, sessions, rows: int, longest: int | None = None) -> np.ndarray:
    features = [closing(rows), closing(longest or rows)]
    [(_, views)] = list(windows(panel_of({"bars": bars}, ("bars",)), sessions, features))
    return views[0]["bars.close"]


def three(symbol: str, *, missing: int | None = None) -> pa.Table:
    sessions = [session for n, session in enumerate(SESSIONS[-40:]) if n != missing]
    return bars_of(symbol, sessions, np.arange(1.0, 1.0 + len(sessions)))


def test_a_window_holds_the_last_rows_oldest_first() -> None:
    assert seen(three("A"), [LAST], 3).T.tolist() == [[38.0, 39.0, 40.0]]


def test_a_gap_is_closed() -> None:
    assert seen(three("A", missing=38), [LAST], 3).T.tolist() == [[37.0, 38.0, 39.0]]


def test_a_window_begins_with_nothing_where_the_symbol_had_not_begun() -> None:
    assert np.isnan(seen(three("A"), [SESSIONS[-39]], 3)[0, 0])
    assert seen(three("A"), [SESSIONS[-39]], 3)[1:, 0].tolist() == [1.0, 2.0]


def test_no_row_is_taken_from_another_symbol() -> None:
    both = pa.concat_tables([three("A"), three("B")])
    assert np.isnan(seen(both, [SESSIONS[-40]], 2)).tolist() == [[True, True], [False, False]]


def test_rows_are_looked_for_in_a_few_more_sessions_and_not_beyond() -> None:
    sessions = [SESSIONS[-40], SESSIONS[-11], SESSIONS[-1]]
    table = bars_of("A", sessions, np.array([1.0, 2.0, 3.0]))
    assert seen(table, [LAST], 2)[:, 0].tolist() == [2.0, 3.0]
    far = bars_of("A", [SESSIONS[-13], SESSIONS[-1]], np.array([2.0, 3.0]))
    assert np.isnan(seen(far, [LAST], 2)[0, 0])
    assert np.isnan(seen(far, [LAST], 2, longest=30)[0, 0])


def test_a_bar_without_a_price_is_no_bar() -> None:
    closes = np.arange(1.0, 41.0)
    closes[-2] = np.nan
    closes[-4] = 0.0
    table = bars_of("A", SESSIONS[-40:], closes)
    assert seen(table, [LAST], 3)[:, 0].tolist() == [36.0, 38.0, 40.0]
    assert np.isnan(seen(table, [SESSIONS[-2]], 3)).all()


def test_two_rows_of_one_symbol_and_session_are_refused() -> None:
    with pytest.raises(ValueError, match="bars holds two rows of one symbol and session"):
        panel_of({"bars": pa.concat_tables([three("A"), three("A")])}, ("bars",))


def test_a_day_that_is_no_session_is_refused() -> None:
    sunday = bars_of("A", SESSIONS[-1:], np.ones(1)).set_column(
        0, "session", pa.array([date(2025, 3, 16)], pa.date32())
    )
    with pytest.raises(ValueError, match="no exchange sessions"):
        panel_of({"bars": sunday}, ("bars",))


def test_an_undeclared_column_is_refused() -> None:
    [(_, views)] = list(windows(panel_of(market(), ("bars",)), [LAST], [closing(2)]))
    with pytest.raises(KeyError, match=r"looks at bars\.volume, declares only bars\.close"):
        views[0]["bars.volume"]
