from datetime import date
from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from butter_pipeline.drift.frames import REPORT
from butter_pipeline.drift.plan import AlertRule
from butter_pipeline.drift.verdict import reports_needed, verdicts
from butter_pipeline.identity import natural_id
from butter_pipeline.market.sessions import as_of, sessions_between

SESSIONS = sessions_between(date(2025, 1, 2), date(2025, 6, 30))
RULE = AlertRule(columns=2, sessions=3, cool_down_sessions=63)


def rows(beyond: dict[date, int], judged: int = 4) -> pa.Table:
    """Reports of four columns, of which so many are beyond their threshold on each session."""
    return pa.Table.from_pylist(
        [
            {
                "session": session,
                "column_name": f"column_{place}",
                "vintage_session": date(2024, 12, 31),
                "method": "wasserstein",
                "statistic": (2.0 + place if place < count else 0.5) if place < judged else None,
                "threshold": 1.5,
                "ratio": ((2.0 + place) / 1.5 if place < count else 0.5 / 1.5) if place < judged else None,
                "drifted": int(place < count),
                "verdict": None,
                "report_hash": "h",
                "available_at": as_of(session),
            }
            for session, count in beyond.items()
            for place in range(4)
        ],
        schema=REPORT.schema,
    )


def alerts(table: pa.Table, past: tuple[date, ...] = (), rule: AlertRule = RULE) -> list[date]:
    return [found.session for found in verdicts("v", table, SESSIONS, past, rule) if found.alert]


def test_two_columns_on_three_sessions_running_make_one_alert():
    counts = dict.fromkeys(SESSIONS[:20], 0) | dict.fromkeys(SESSIONS[10:20], 3)
    found = verdicts("v", rows(counts), SESSIONS, (), RULE)
    (alert,) = [each.alert for each in found if each.alert]
    assert alert.session == SESSIONS[12] and alert.available_at == as_of(SESSIONS[12])
    assert (alert.kind, alert.feature_count, alert.statistic, alert.threshold) == ("features", 3, 4.0, 1.5)
    assert alert.alert_id == natural_id("alert", "v", SESSIONS[12], date(2024, 12, 31), "features")
    said = [each.said for each in found]
    assert said[9] == "no drift: 0 columns beyond their thresholds, an alert needs 2"
    assert said[10] == "drifted on 1 of the 3 sessions running that make an alert"
    assert said[12] == "alert: 3 columns beyond their thresholds, 3 sessions running"
    assert said[13] == f"drifted, but the alert of {SESSIONS[12]} is younger than 63 sessions"


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_columns_never_make_an_alert(count):
    assert alerts(rows(dict.fromkeys(SESSIONS, count))) == []


def test_a_quiet_session_or_one_without_report_breaks_the_run():
    counts = dict.fromkeys(SESSIONS[:6], 2)
    assert alerts(rows(counts | {SESSIONS[2]: 1, SESSIONS[5]: 0})) == []
    assert alerts(rows({session: 2 for session in (0, 1, 3, 4) for session in [SESSIONS[session]]})) == []


def test_drift_that_lasts_alerts_again_after_the_cool_down():
    found = alerts(rows(dict.fromkeys(SESSIONS, 2)))
    assert found == [SESSIONS[2], SESSIONS[65]]


def test_past_alerts_cool_down_later_sessions_and_never_themselves():
    table = rows(dict.fromkeys(SESSIONS, 2))
    before = sessions_between(date(2024, 12, 2), date(2024, 12, 31))[-1]
    assert alerts(table, (before,)) == [SESSIONS[62]]
    assert alerts(table, (SESSIONS[2], SESSIONS[65])) == [SESSIONS[2], SESSIONS[65]]
    assert alerts(table, (date(2026, 1, 2),)) == [SESSIONS[2], SESSIONS[65]]


def test_an_alert_of_a_session_that_is_told_anew_does_not_cool_the_next_ones():
    table = rows({session: 0 if place < 10 else 2 for place, session in enumerate(SESSIONS[:20])})
    assert alerts(table, (SESSIONS[5],)) == [SESSIONS[12]]


def test_columns_that_cannot_be_judged_are_named():
    (found,) = verdicts("v", rows({SESSIONS[0]: 0}, judged=1), SESSIONS, (), RULE)
    assert found.cannot_be_judged == ("column_1", "column_2", "column_3")
    assert found.said == (
        "cannot be judged: 1 columns can be, an alert needs 2; "
        "columns that cannot be judged: column_1, column_2, column_3"
    )


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from([None, 0, 1, 2, 2, 2, 4]), min_size=1, max_size=len(SESSIONS)),
    st.integers(1, 4),
    st.integers(1, 20),
)
def test_session_by_session_is_the_range(counts, running, cool_down):
    rule = AlertRule(columns=2, sessions=running, cool_down_sessions=cool_down)
    beyond = {session: count for session, count in zip(SESSIONS, counts, strict=False) if count is not None}
    if not beyond:
        return
    table = rows(beyond)
    whole = verdicts("v", table, SESSIONS, (), rule)
    past: list[date] = []
    one_by_one = []
    for session in beyond:
        first, last = reports_needed([session], rule)
        needed = rows({day: count for day, count in beyond.items() if first <= day <= last})
        one_by_one += (found := verdicts("v", needed, [session], past, rule))
        past += [each.session for each in found if each.alert]
    assert one_by_one == whole
    places = [SESSIONS.index(each.session) for each in whole if each.alert]
    assert all(later - earlier >= cool_down for earlier, later in pairwise(places))
