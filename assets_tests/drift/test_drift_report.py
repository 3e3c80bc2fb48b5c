import hashlib
import json
from datetime import date

import numpy as np
import pytest

from assets_tests.drift.drift_matrices import COLUMNS, FIRST, LAST, SESSIONS, matrix_of, own_of, plan_for, values_of
from butter_pipeline.drift.frames import REPORT
from butter_pipeline.drift.own import own_values
from butter_pipeline.drift.reference import cut_offs
from butter_pipeline.drift.report import render_html, reports, span
from butter_pipeline.market.sessions import position, sessions_between

PLAN = plan_for()
VALUES = values_of(3)
TURN = SESSIONS.index(date(2025, 7, 1))


@pytest.fixture(scope="module")
def broken():
    """The same market, in which single symbols are moved apart from 2025-07-01 on."""
    values = {column: array.copy() for column, array in VALUES.items()}
    for column in ("iv_pct", "slope_pct"):
        values[column][TURN:] += 12.0 * np.where(np.arange(12) % 2, 1.0, -1.0)
    return values


def at(found, session, column):
    return next(row for row in found.rows.to_pylist() if (row["session"], row["column_name"]) == (session, column))


def test_reports_are_rows_of_their_frame_and_begin_a_window_after_the_first_cut_off():
    found = reports(own_of(VALUES), SESSIONS[260:280], PLAN, FIRST)
    assert found.rows.schema.equals(REPORT.schema, check_metadata=True)
    assert SESSIONS[251] == date(2024, 10, 31)
    assert list(found.documents) == list(SESSIONS[271:280])
    keys = [(row["session"], row["column_name"]) for row in found.rows.to_pylist()]
    assert keys == [(session, column) for session in SESSIONS[271:280] for column in sorted(COLUMNS)]
    assert {row["vintage_session"] for row in found.rows.to_pylist()} == {date(2024, 10, 31)}


def test_a_reference_never_reaches_into_the_window():
    found = reports(own_of(VALUES), SESSIONS[300:], PLAN, FIRST).rows.to_pylist()
    ages = {SESSIONS.index(row["session"]) - SESSIONS.index(row["vintage_session"]) for row in found}
    assert min(ages) == 20 and max(ages) <= 43


def test_without_drift_nothing_drifts_and_a_planted_break_does(broken):
    after = SESSIONS[TURN : TURN + 20]
    calm, turned = (reports(own_of(values), after, PLAN, FIRST) for values in (VALUES, broken))
    assert sum(calm.rows["drifted"].to_pylist()) == 0
    last = after[-1]
    assert [at(turned, last, column)["drifted"] for column in COLUMNS] == [1, 1, 0]
    assert at(turned, last, "iv_pct")["verdict"] == "2 of 3 columns drifted: iv_pct, slope_pct"
    assert at(turned, last, "iv_pct")["ratio"] > 1.0 > at(turned, last, "volume_ratio")["ratio"]


@pytest.mark.parametrize("seed", range(20, 26))
def test_markets_that_only_wander_never_drift(seed):
    found = reports(own_of(values_of(seed)), SESSIONS[271::7], PLAN, FIRST)
    assert sum(found.rows["drifted"].to_pylist()) == 0


def test_a_session_alone_gives_the_same_bits_as_a_range(broken):
    own = own_of(broken)
    whole = reports(own, SESSIONS[250:], PLAN, FIRST)
    for session in (SESSIONS[273], SESSIONS[TURN + 3], LAST):
        first, last = span([session], PLAN, FIRST)
        cut = matrix_of({column: array[: SESSIONS.index(last) + 1] for column, array in broken.items()})
        alone = reports(own_values(cut, COLUMNS, (first, last)), [session], PLAN, FIRST)
        assert alone.documents == {session: whole.documents[session]}
        assert alone.rows.to_pylist() == [row for row in whole.rows.to_pylist() if row["session"] == session]


def test_a_span_holds_all_that_a_report_rests_on():
    history = {"history_sessions": 50, "every_sessions": 10, "least_distance": 1e-9, "safety": 1.8}
    plan = plan_for(reference_sessions=100, calibration=history)
    session = LAST
    first, last = span([session], plan, FIRST)
    assert first > FIRST
    rows = matrix_of(VALUES).slice(SESSIONS.index(first) * 12)
    short = reports(own_values(rows, COLUMNS, (first, last)), [session], plan, FIRST)
    assert short.documents == reports(own_of(VALUES), [session], plan, FIRST).documents
    late = own_values(rows.slice(12), COLUMNS, (SESSIONS[SESSIONS.index(first) + 1], last))
    with pytest.raises(ValueError, match="must cover"):
        reports(late, [session], plan, FIRST)


def test_a_span_begins_before_the_oldest_window_that_calibrates_any_session():
    sessions = sessions_between(date(2024, 1, 2), date(2029, 12, 31))
    places = [position(cut_off) for cut_off in cut_offs(sessions[0], sessions[-1], 252)]
    spare = []
    for session in sessions[700:]:
        first, _ = span([session], PLAN, sessions[0])
        cut_off = max(place for place in places if position(session) - place >= 20)
        oldest_window = cut_off - 251
        spare.append(oldest_window - 19 - 252 - position(first))
    assert min(spare) >= 0


def test_the_values_are_those_of_evidentlys_own_metric_to_the_bit(broken):
    from evidently import DataDefinition, Dataset, Report
    from evidently.metrics import ValueDrift

    from butter_pipeline.drift.reference import references
    from butter_pipeline.drift.report import comparison

    broken["iv_pct"][TURN - 30, 2] = np.nan
    own, session = own_of(broken), SESSIONS[TURN + 9]
    for method in ("wasserstein", "jensenshannon", "psi"):
        plan = plan_for(method=method)
        ours = json.loads(reports(own, [session], plan, FIRST).documents[session])["evidently"]["metrics"]
        reference = references(own, [date(2025, 5, 30)], plan)[date(2025, 5, 30)]
        compared = comparison(own, session, reference, plan)
        metrics = [ValueDrift(column=c, method=method, threshold=reference.threshold[c]) for c in COLUMNS]
        current, base = (
            Dataset.from_pandas(frame_of(values), data_definition=DataDefinition(numerical_columns=list(COLUMNS)))
            for values in (compared.current, reference.values)
        )
        theirs = Report(metrics).run(current, base).dict()["metrics"]
        assert [each["value"] for each in ours] == [float(each["value"]) for each in theirs]
        assert [each["config"]["method"] for each in ours] == [method] * 3


def frame_of(values):
    import pandas as pd

    return pd.DataFrame({column: values[place].ravel() for place, column in enumerate(COLUMNS)})


def test_a_report_is_small_canonical_json_and_its_hash_stands_in_its_rows():
    found = reports(own_of(VALUES), [LAST], PLAN, FIRST)
    document = found.documents[LAST]
    assert len(document) < 3000
    whole = json.loads(document)
    assert (whole["session"], whole["vintage_session"]) == ("2025-10-31", "2025-09-30")
    assert set(found.rows["report_hash"].to_pylist()) == {hashlib.sha256(document).hexdigest()}


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda array: np.full_like(array, np.nan), "no values in the last 20 sessions"),
        (lambda array: np.broadcast_to(np.arange(12.0), array.shape), "constant over the last 20 sessions"),
        (lambda array: np.where(np.arange(12) < 7, np.nan, array), "42 % of the latest values can be used, 50 % must"),
        (lambda array: np.where(np.arange(12) < 7, np.inf, array), "42 % of the latest values can be used, 50 % must"),
    ],
)
def test_a_column_that_broke_lately_is_said_not_to_be_judged(spoil, said):
    values = {column: array.copy() for column, array in VALUES.items()}
    values["iv_pct"][-20:] = spoil(values["iv_pct"][-20:])
    found = reports(own_of(values), [LAST], PLAN, FIRST)
    row = at(found, LAST, "iv_pct")
    assert row["verdict"].startswith(f"cannot be judged: {said}")
    assert (row["statistic"], row["ratio"], row["drifted"]) == (None, None, 0)
    assert at(found, LAST, "slope_pct")["verdict"] == "0 of 2 columns drifted"
    assert json.loads(found.documents[LAST])["cannot_be_judged"].keys() == {"iv_pct"}


def test_a_missing_column_is_said_not_to_be_judged():
    plan = plan_for((*COLUMNS, "skew_pct"))
    found = reports(own_of(VALUES, plan.columns), [LAST], plan, FIRST)
    assert at(found, LAST, "skew_pct")["verdict"] == "cannot be judged: the matrix has no such column"
    assert at(found, LAST, "iv_pct")["statistic"] is not None


def test_a_report_without_any_column_to_judge_is_still_a_report():
    plan = plan_for(("skew_pct",))
    found = reports(own_of(VALUES, plan.columns), [LAST], plan, FIRST)
    assert found.rows["verdict"].to_pylist() == ["cannot be judged: the matrix has no such column"]
    assert json.loads(found.documents[LAST])["evidently"] == {"metrics": [], "tests": []}


def test_a_page_can_be_drawn_on_demand():
    page = render_html(own_of(VALUES), LAST, PLAN, FIRST)
    assert page.lstrip().startswith("<") and "iv_pct" in page
    with pytest.raises(ValueError, match="no cut-off before the window"):
        render_html(own_of(VALUES), SESSIONS[100], PLAN, FIRST)
