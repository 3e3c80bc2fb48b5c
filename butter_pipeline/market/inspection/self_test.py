"""Quality tried on what it must catch and on what it must leave alone.

What belongs here: planting every catalogued corruption into a simulated market, judging it, and judging clean years
as intake would. What does not: the corruptions (`quality.catalogue`) and the rules.
"""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from butter_pipeline.configs import load, value
from butter_pipeline.market.frames import BARS, FRAMES
from butter_pipeline.market.ingest import ingest
from butter_pipeline.market.inspection.files import try_file
from butter_pipeline.market.inspection.months import months
from butter_pipeline.market.quality import Expectation, Thresholds, Verdict, judge, vendors_agree
from butter_pipeline.market.quality.catalogue import FILES, TABLES, TRUE_THOUGH_VIOLENT, Corruption, Spot
from butter_pipeline.market.sessions import as_of, offset, sessions_between

if TYPE_CHECKING:
    import pyarrow as pa

    from butter_pipeline.market.vendors.simulated import SimulatedVendor

LAG = timedelta(minutes=15)
SESSION = date(2024, 3, 27)
"""Late in a month, a whole window after the simulated market begins."""
SYMBOLS = "GRYD", "VYTA"
HISTORY_SESSIONS = 90

CLEAN_YEARS = (
    (7, "edge", True, date(2026, 1, 2)),  # the break lies in this one
    (8, "placebo", True, date(2024, 1, 2)),
    (21, "edge", True, date(2025, 1, 2)),
    (22, "edge", False, date(2026, 1, 2)),
    (33, "placebo", True, date(2025, 1, 2)),
)
"""Seed, mode, whether it breaks, and where the year begins: other markets, none of them looked at by a rule."""

JUDGED = ("bars", "chains", "context")

Say = Callable[[str], None]


@dataclass(frozen=True)
class Tried:
    """One corruption: what it must be caught as, whether it was, and what was said."""

    name: str
    frame: str
    expected: str
    caught: bool
    said: str


@dataclass
class SelfTest:
    """What came of the trial."""

    tried: list[Tried] = field(default_factory=list)
    clean_sessions: int = 0
    alarms: list[str] = field(default_factory=list)
    flags_of_real_files: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As plain values, with the verdict first."""
        caught = sum(each.caught for each in self.tried)
        return {
            "ok": caught == len(self.tried) and not self.alarms,
            "corruptions": len(self.tried),
            "caught": caught,
            "clean_sessions": self.clean_sessions,
            "false_alarms": len(self.alarms),
            "alarms": self.alarms,
            "flags_of_real_files": self.flags_of_real_files,
            "tried": [asdict(each) for each in self.tried],
        }


def self_test(say: Say, years: int = len(CLEAN_YEARS)) -> SelfTest:
    """Plant every corruption, then judge so many clean years."""
    report = SelfTest()
    say(f"planting {len(TABLES) + len(FILES) + len(TRUE_THOUGH_VIOLENT) + 1} corruptions")
    report.tried += corruptions_tried()
    for seed, mode, breaks, first in CLEAN_YEARS[:years]:
        say(f"a clean year of the simulated market: seed {seed}, {mode}, from {first}")
        vendor = simulated(seed, mode, breaks)
        sessions = sessions_between(first, first.replace(month=12, day=31))
        report.clean_sessions += len(sessions)
        for frame_name in JUDGED:
            report.alarms += _alarms_of_clean(vendor, frame_name, sessions)
    return report


def simulated(seed: int, mode: str, breaks: bool = True) -> "SimulatedVendor":
    """A simulated market, whatever the environment configures."""
    from butter_pipeline.market.simulator.world import world_from_config
    from butter_pipeline.market.vendors.simulated import SimulatedVendor

    changes = {"seed": seed, "mode": mode} | ({} if breaks else {"break_session": None})
    return SimulatedVendor(world_from_config({**load("simulator").values, **changes}), LAG)


def corruptions_tried() -> Iterator[Tried]:
    """Every corruption of the catalogue, planted and judged."""
    vendor = simulated(7, "edge")
    spot = Spot(SESSION, offset(SESSION, -1), offset(SESSION, 1), *SYMBOLS)
    clean = {name: _clean(vendor, name, spot) for name in JUDGED}
    for corruption in TABLES:
        rows, expectation = clean[corruption.frame]
        verdict = judge(FRAMES[corruption.frame], corruption.plant(rows, spot), expectation)
        yield _tried(corruption, *_caught(corruption, verdict, spot))
    for corruption in TRUE_THOUGH_VIOLENT:
        rows, expectation = clean[corruption.frame]
        verdict = judge(FRAMES[corruption.frame], corruption.plant(rows, spot), expectation)
        found = verdict.sessions[SESSION]
        kept = found.status == "done" and not verdict.rejected.num_rows and corruption.caught_as in found.reason
        yield _tried(corruption, kept, found.reason or "nothing to say")
    yield _vendors_apart(clean["bars"][0], spot)
    with tempfile.TemporaryDirectory() as folder:
        for spoiled in FILES:
            caught, said = try_file(spoiled, clean["bars"][0].filter(_of_week(clean["bars"][0])), Path(folder))
            yield Tried(spoiled.name, "file", spoiled.caught_as or "refused", caught, said)


def _tried(corruption: Corruption, caught: bool, said: str) -> Tried:
    expected = f"{corruption.where}: {corruption.caught_as}".rstrip(": ")
    return Tried(corruption.name, corruption.frame, expected, caught, said)


def _clean(vendor: "SimulatedVendor", frame_name: str, spot: Spot) -> "tuple[pa.Table, Expectation]":
    """Clean rows around the spot, and what is expected of them."""
    back = 2 if frame_name == "chains" else HISTORY_SESSIONS
    sessions = tuple(sessions_between(offset(spot.session, -back), spot.after))
    fetch = {"bars": vendor.bars, "chains": vendor.chains, "context": vendor.context}[frame_name]
    names = {"bars": vendor.symbols, "chains": vendor.underlyings, "context": vendor.series}[frame_name]
    expectation = Expectation(
        sessions=sessions,
        keys={session: frozenset(names(session)) for session in sessions},
        thresholds=Thresholds.from_config(value("market", "quality", dict)),
        closes=vendor.bars(sessions) if frame_name == "chains" else None,
        lag=LAG,
        now=as_of(spot.after) + timedelta(days=30),
    )
    return fetch(sessions), expectation


def _caught(corruption: Corruption, verdict: Verdict, spot: Spot) -> tuple[bool, str]:
    """Whether a corruption shows under its name, with nothing clean accused before it, and what was said."""
    reason, session = corruption.caught_as, verdict.sessions[spot.session]
    table = verdict.rejected if corruption.where == "quarantined" else verdict.flagged
    said = next((row["detail"] for row in table.to_pylist() if row["reason"] == reason), "")
    if corruption.where == "blocked":
        return session.status == "blocked" and reason in session.reason, session.reason
    if corruption.where == "remarked":
        said = next((text for text in (session.reason, *verdict.remarks) if reason in text), "")
    return bool(said), f"{reason}: {said}" if said else f"not said; instead: {session.reason or 'nothing'}"


def _of_week(rows: "pa.Table") -> "pa.Array":
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.greater(rows["session"], pa.scalar(SESSION - timedelta(days=7), pa.date32()))


def _vendors_apart(rows: "pa.Table", spot: Spot) -> Tried:
    from butter_pipeline.market.quality.catalogue.corruption import at, scaled

    most = Thresholds.from_config(value("market", "quality", dict)).vendors_apart_pct
    found = vendors_agree(BARS, rows, scaled(rows, at(rows, spot), 1.06, "close", "high"), most)
    caught = [(each.session, each.name) for each in found.apart] == [(spot.session, spot.name)]
    return Tried("two vendors apart", "bars", "named: apart", caught, found.told(spot.session, "another vendor"))


def _alarms_of_clean(vendor: "SimulatedVendor", frame_name: str, sessions: Sequence[date]) -> Iterator[str]:
    """What is said of clean sessions: anything at all is a false alarm."""
    for month in months(sessions):
        eve = offset(month[0], -1)
        previous = None
        if frame_name != "chains":
            back = sessions_between(max(vendor.first_session, offset(month[0], -67)), eve)
            previous = (vendor.bars if frame_name == "bars" else vendor.context)(back)
        verdict = ingest(vendor, frame_name, month, vendor.bars([eve, *month]) if frame_name == "chains" else previous)
        yield from alarms(vendor.name, FRAMES[frame_name].name, verdict)


def add_files(report: SelfTest, folder: Path, say: Say) -> None:
    """Judge files that are known to be clean: a row rejected or a session blocked is a false alarm, a flag is told."""
    from butter_pipeline.market.inspection.folder import Judge, files_of

    for found in Judge(files_of(folder), datetime.now(UTC)).everything(say):
        if found.first is not None and found.last is not None:
            report.clean_sessions += len(sessions_between(found.first, found.last))
        report.alarms += [f"{row['file']}: row {row['row']}: {row['reason']}" for row in found.quarantined]
        report.alarms += [
            f"{folder} {found.name} {each['session']}: {each['reason']}"
            for each in found.sessions
            if each["status"] == "blocked"
        ]
        if found.error is not None:
            report.alarms.append(found.error)
        for reason, count in found.flags.items():
            report.flags_of_real_files[reason] = report.flags_of_real_files.get(reason, 0) + count


def alarms(vendor: str, frame_name: str, verdict: Verdict) -> Iterator[str]:
    """Every session of which anything is said, and rows that no session accounts for."""
    for session, found in verdict.sessions.items():
        if found.status != "done" or found.reason:
            yield f"{vendor} {frame_name} {session}: {found.reason}"
    outside = Counter(row["reason"] for row in verdict.rejected.to_pylist() if row["session"] not in verdict.sessions)
    yield from (f"{vendor} {frame_name}: {count} {reason}" for reason, count in sorted(outside.items()))
