"""Whole verdicts: sound markets, simulated and real, raise no alarm; sessions one by one agree with a chunk."""

import random
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from math import exp
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets_tests.market.quality_tables import DAYS, LAG, MON, TUE, WED, bar, bars, closes, found
from assets_tests.shared_data import shared_data
from butter_pipeline.configs import load
from butter_pipeline.market.frames import CHAINS, CONTEXT
from butter_pipeline.market.ingest import ingest
from butter_pipeline.market.intake import LOOK_BACK_SESSIONS
from butter_pipeline.market.sessions import offset, sessions_between
from butter_pipeline.market.simulator.world import world_from_config
from butter_pipeline.market.vendors.csv_folder import CsvFolder
from butter_pipeline.market.vendors.simulated import SimulatedVendor


class Literal:
    """A vendor of literal bars and nothing else."""

    name, lag, first_session, datasets = "literal", LAG, DAYS[0], frozenset({"bars", "context"})

    def __init__(self, rows: pa.Table) -> None:
        """Over bars of AAA."""
        self.rows = rows
        self.asked: list[Sequence[date]] = []

    def symbols(self, _session: date) -> Sequence[str]:
        return ["AAA"]

    underlyings = symbols

    def series(self, _session: date) -> Sequence[str]:
        return []

    def bars(self, sessions: Sequence[date]) -> pa.Table:
        self.asked.append(sessions)
        return self.rows.filter(pa.array([day in sessions for day in self.rows["session"].to_pylist()]))

    def chains(self, _sessions: Sequence[date]) -> pa.Table:
        return CHAINS.schema.empty_table()

    def context(self, _sessions: Sequence[date]) -> pa.Table:
        return CONTEXT.schema.empty_table()


@lru_cache
def simulated(mode: str) -> SimulatedVendor:
    return SimulatedVendor(world_from_config({**load("simulator").values, "mode": mode}), LAG)


@pytest.mark.parametrize("mode", ["edge", "placebo"])
@pytest.mark.parametrize("frame_name", ["bars", "chains", "context"])
def test_the_simulated_market_raises_no_alarm(mode: str, frame_name: str) -> None:
    vendor = simulated(mode)
    # The break of 2026-07-01 and the first days of all are in; whole years take seconds.
    spans = [(date(2023, 11, 1), date(2023, 12, 29)), (date(2026, 6, 15), date(2026, 8, 14))]
    if frame_name != "chains":
        spans = [(date(2023, 11, 1), date(2026, 10, 30))]
    for span in spans:
        sessions = sessions_between(*span)
        verdict = ingest(vendor, frame_name, sessions, vendor.bars(sessions) if frame_name == "chains" else None)
        assert verdict.accepted.num_rows >= 9 * len(sessions)
        assert verdict.rejected.num_rows == verdict.flagged.num_rows == 0
        assert [
            s for s in verdict.sessions.values() if s.status != "done" or s.reason or s.completeness_pct != 100
        ] == []


def test_real_bars_raise_no_alarm_but_their_splits(tmp_path: Path) -> None:
    (tmp_path / "bars").mkdir()
    for symbol in ("SPY", "AAPL", "IBM"):
        (tmp_path / "bars" / f"{symbol}.csv").symlink_to(shared_data("bars", f"{symbol}.csv"))
    sessions = sessions_between(date(1998, 1, 2), date(2021, 3, 31))
    verdict = ingest(CsvFolder(tmp_path, LAG), "bars", sessions)
    assert verdict.rejected.num_rows == 0
    assert verdict.accepted.num_rows == 3 * 5849
    assert {session.status for session in verdict.sessions.values()} == {"done"}
    assert [(day, symbol) for day, symbol, reason in found(verdict.flagged) if reason == "possible split"] == [
        (date(1999, 5, 27), "IBM"),
        (date(2000, 6, 21), "AAPL"),
        (date(2005, 2, 28), "AAPL"),
        (date(2014, 6, 9), "AAPL"),
        (date(2020, 8, 31), "AAPL"),
    ]


def test_real_faults_are_found(tmp_path: Path) -> None:
    """The public file of the volatility index has opens outside the range, a hole and a row on a day of mourning."""
    (tmp_path / "bars").mkdir()
    (tmp_path / "bars" / "VIX.csv").symlink_to(shared_data("bars", "VIX.csv"))
    verdict = ingest(CsvFolder(tmp_path, LAG), "bars", sessions_between(date(1998, 1, 2), date(2006, 12, 29)))
    assert (date(2006, 2, 8), "VIX", "open outside range") in found(verdict.rejected)
    assert (date(2004, 6, 11), "VIX", "exchange holiday") in found(verdict.rejected)
    assert verdict.sessions[date(1999, 12, 31)].missing == ("VIX",)


def test_bars_are_fetched_with_the_session_before_and_judged_without_it() -> None:
    vendor = Literal(closes(10, 10.1, 10.2))
    verdict = ingest(vendor, "bars", [WED, TUE])
    assert vendor.asked == [(MON, TUE, WED)]
    assert set(verdict.sessions) == set(verdict.accepted["session"].to_pylist()) == {TUE, WED}
    ingest(vendor, "bars", [MON])
    assert vendor.asked[-1] == (MON,)  # nothing lies before the vendor's first session


def one_by_one(vendor: Literal, days: Sequence[date], before: pa.Table) -> pa.Table:
    """What is accepted when each session is ingested on its own evening, on top of what was before."""
    kept = before
    for day in days:
        lately = pa.array([offset(day, -LOOK_BACK_SESSIONS) <= known < day for known in kept["session"].to_pylist()])
        verdict = ingest(vendor, "bars", [day], kept.filter(lately.cast(pa.bool_())))
        kept = pa.concat_tables([kept, verdict.accepted])
    return kept.slice(before.num_rows)


LEVELS = st.sampled_from([1.0, 1.0, 1.0, 1.0, 1.3, 1.7, 0.55, 2.0, 0.5, 100.0, 3.1, 0.85])
VOLUMES = st.sampled_from([1.0, 1.0, 1.0, 2.5, 0.01, 100.0, 0.0])
REACHES = st.sampled_from([1.01, 1.01, 1.01, 1.6])


@settings(max_examples=80, deadline=None)
@given(
    steps=st.lists(
        st.tuples(LEVELS, st.booleans(), st.booleans(), st.tuples(VOLUMES, REACHES)), min_size=5, max_size=40
    ),
    seed=st.integers(0, 99),
)
def test_sessions_one_by_one_are_judged_like_a_chunk_whatever_jumps_lasts_or_is_missing(
    steps: list[tuple[float, bool, bool, tuple[float, float]]], seed: int
) -> None:
    days = sessions_between(DAYS[0], offset(DAYS[0], len(steps) - 1))
    noise, level, rows = random.Random(seed), 10.0, []
    for day, (factor, lasts, missing, (volume, reach)) in zip(days, steps, strict=True):
        close = level * factor * exp(noise.gauss(0, 0.02))
        level = level * factor if lasts else level
        if not missing or day == days[0]:
            traded = 100.0 * volume * exp(noise.gauss(0, 0.3))
            rows.append(bar(day, close=close, high=close * reach, volume=traded))
    vendor, before = (
        Literal(bars(rows)),
        closes(*([10.0, 10.1] * 30), days=[offset(days[0], n - 60) for n in range(60)]),
    )
    assert one_by_one(vendor, days, before).equals(ingest(vendor, "bars", days, before).accepted)


def test_chains_are_held_against_the_bars_handed_in() -> None:
    vendor, sessions = simulated("edge"), sessions_between(date(2023, 11, 1), date(2023, 11, 3))
    tenfold = [bar(day, symbol, 10_000.0) for day in sessions for symbol in vendor.symbols(day)]
    verdict = ingest(vendor, "chains", sessions, bars(tenfold))
    assert {session.status for session in verdict.sessions.values()} == {"blocked"}
    assert set(verdict.rejected["reason"].to_pylist()) == {"underlying price off"}


def test_a_dataset_that_the_vendor_does_not_have_is_blocked_in_words() -> None:
    verdict = ingest(Literal(closes(10)), "context", [MON])
    assert [(v.status, v.reason) for v in verdict.sessions.values()] == [("blocked", "no rows from the vendor")]


def test_judging_leaves_arrow_with_its_time_zones() -> None:
    """In a fresh process: importing pandera marks the environment, and Arrow would drop UTC offsets from then on."""
    code = """
import os, pyarrow as pa
from datetime import datetime
from assets_tests.market.quality_tables import BARS, closes, judged
before = dict(os.environ)
judged(BARS, closes(10, 10.1))
moment = datetime.fromisoformat("2024-03-04T16:30:00-05:00")
held = pa.array([moment], pa.timestamp("us", "UTC")).cast(pa.int64()).to_pylist()[0]
print(held == moment.timestamp() * 1e6, os.environ == before)
"""
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.split() == ["True", "True"]
