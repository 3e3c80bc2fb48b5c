"""Each rule over context series, and what a session's count of them amounts to."""

from math import inf, nan

import pytest

from assets_tests.market.quality_tables import DAYS, MON, TUE, bar, bars, context, found, judged, thresholds
from butter_pipeline.configs import ConfigError, load
from butter_pipeline.market.frames import BARS, CONTEXT
from butter_pipeline.market.quality import Thresholds, Verdict

SERIES = ["index_level", "vol_index"]


@pytest.mark.parametrize(
    ("series", "value", "reason"),
    [
        ("index_level", nan, "non-finite value"),
        ("index_level", -inf, "non-finite value"),
        ("index_level", None, "non-finite value"),
        ("vol_index", 0.18, "vol index out of range"),  # a fraction where per cents belong
        ("vol_index", 1.0, "vol index out of range"),
        ("vol_index", 200.0, "vol index out of range"),
        ("vol_index_9d", 1800.0, "vol index out of range"),
        ("surprise", 1.0, "unexpected series"),
    ],
)
def test_a_bad_value_is_rejected_by_name(series: str, value: float, reason: str) -> None:
    rows = context([(MON, series, value), (MON, "short_rate_pct", 4.0)])
    verdict = judged(CONTEXT, rows, [*SERIES, "vol_index_9d", "short_rate_pct"])
    assert found(verdict.rejected) == [(MON, series, reason)]
    assert verdict.accepted["series"].to_pylist() == ["short_rate_pct"]


@pytest.mark.parametrize(
    ("series", "value"),
    [("short_rate_pct", -0.5), ("index_level", 4200.0), ("vol_index", 89.5), ("vol_index", 1.01)],
)
def test_a_sound_value_is_accepted(series: str, value: float) -> None:
    assert judged(CONTEXT, context([(MON, series, value)]), [series]).rejected.num_rows == 0


def test_a_missing_series_is_named() -> None:
    verdict = judged(CONTEXT, context([(MON, "vol_index", 18.0)]), SERIES)
    assert verdict.sessions[MON].missing == ("index_level",)
    assert verdict.sessions[MON].reason == "50.0 % of 2 expected series accepted, 95 % needed; missing index_level"
    assert verdict.sessions[MON].status == "blocked"


def universe(missing: int) -> Verdict:
    """A session of 40 symbols without some of them."""
    names = [f"S{n:02d}" for n in range(40)]
    return judged(BARS, bars(bar(MON, name, 10.0 + n) for n, name in enumerate(names[missing:])), names)


def test_completeness_of_95_per_cent_passes_and_less_is_blocked() -> None:
    assert universe(0).sessions[MON].reason == ""
    assert (universe(2).sessions[MON].completeness_pct, universe(2).sessions[MON].status) == (95.0, "done")
    assert universe(2).sessions[MON].reason == "missing S00, S01"
    assert universe(3).sessions[MON].status == "blocked"
    assert universe(7).sessions[MON].reason == (
        "82.5 % of 40 expected bars accepted, 95 % needed; missing S00, S01, S02, S03, S04 and 2 more"
    )


def test_a_session_counts_its_own_rows_only() -> None:
    rows = bars([bar(MON), bar(MON, "BBB", high=1.0), bar(TUE), bar(TUE, "BBB")])
    verdict = judged(BARS, rows, ["AAA", "BBB"])
    monday, tuesday = verdict.sessions[MON], verdict.sessions[TUE]
    assert (monday.expected, monday.accepted, monday.rejected, monday.status) == (2, 1, 1, "blocked")
    assert (tuesday.expected, tuesday.accepted, tuesday.rejected, tuesday.status) == (2, 2, 0, "done")
    assert "rejected: 1 high below low" in monday.reason


def test_a_session_of_which_nothing_is_expected_is_blocked() -> None:
    verdict = judged(CONTEXT, context([(MON, "vol_index", 18.0)]), [])
    assert verdict.sessions[MON].reason.startswith("nothing is expected of this vendor in this session")


def test_a_verdict_can_be_cut_to_some_sessions() -> None:
    saturday = DAYS[-1].replace(day=9)
    names = ["AAA", "BBB"]
    verdict = judged(BARS, bars([*(bar(day, name) for day in DAYS for name in names), bar(saturday)]), names)
    part = verdict.only([TUE])
    assert set(part.sessions) == set(part.accepted["session"].to_pylist()) == {TUE}
    assert part.rejected["session"].to_pylist() == [saturday]  # no judged session accounts for it: it stays
    assert verdict.only(DAYS).accepted.num_rows == 10


def test_thresholds_are_all_stated_and_sound() -> None:
    values = load("market").values["quality"]
    assert thresholds().completeness_pct == 95
    with pytest.raises(ConfigError, match=r"^market.yml: quality.jump_sigmas is missing; see [^\n]*$"):
        Thresholds.from_config({k: v for k, v in values.items() if k != "jump_sigmas"})
    with pytest.raises(ConfigError, match=r"^market.yml: quality.jump_sigma is unknown; [^\n]*$"):
        Thresholds.from_config({**values, "jump_sigma": 3})
    with pytest.raises(ConfigError, match=r"^market.yml: quality.jump_sigmas must be positive, was 'many'$"):
        Thresholds.from_config({**values, "jump_sigmas": "many"})
