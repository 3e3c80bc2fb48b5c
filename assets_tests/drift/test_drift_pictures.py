import io

import pytest
from matplotlib.image import imread

from assets_tests.drift.drift_matrices import COLUMNS, FIRST, SESSIONS, own_of, plan_for, values_of
from butter_pipeline.drift.pictures import ratios
from butter_pipeline.drift.report import reports


@pytest.mark.parametrize("columns", [COLUMNS, (*COLUMNS, "missing_pct")])
def test_the_chart_is_a_picture_and_the_same_bytes_twice(columns):
    plan = plan_for(columns)
    table = reports(own_of(values_of(5), columns), SESSIONS[300:312], plan, FIRST).rows
    drawn = ratios(table, [SESSIONS[305]])
    assert drawn == ratios(table, [SESSIONS[305]]) and drawn != ratios(table, [])
    assert imread(io.BytesIO(drawn)).shape[:2] == (360, 720)
