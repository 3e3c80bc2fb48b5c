from datetime import date

import pyarrow as pa
import pytest

from butter_pipeline.labels import pictures as label_pictures
from butter_pipeline.marts import pictures

DAYS = [date(2024, 3, 4), date(2024, 3, 5)]
ARMS = pa.table({"session": DAYS * 2, "arm": ["ButterA"] * 2 + ["ButterB"] * 2, "equity_usd": [1e5, 1.1e5, 1e5, 9e4]})
CALIBRATION = pa.table(
    {
        "session": DAYS,
        "model_id": ["m", "m"],
        "predictions": [3, 4],
        "mean_probability": [0.2, 0.7],
        "mean_market_probability": [0.3, 0.5],
        "share_profitable": [0.1, 0.8],
    }
)
LABELS = pa.table({"profit_pct": [10.0, None, 500.0]})


@pytest.mark.parametrize(
    ("draw", "table"),
    [(pictures.equity, ARMS), (pictures.calibration, CALIBRATION), (label_pictures.profits, LABELS)],
)
def test_equal_tables_give_equal_pictures_and_others_do_not(draw, table: pa.Table) -> None:  # type: ignore[no-untyped-def]
    png = draw(table)
    assert png.startswith(b"\x89PNG") and draw(table) == png
    assert draw(table.slice(0, 1)) != png
