"""A user's own files judged before they are let in.

What belongs here: taking a folder through quality as intake would, month by month, and what was found as plain values.
What does not: reading files (`market.vendors`), rules (`market.quality`), or keeping anything.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from butter_pipeline.configs import value
from butter_pipeline.frame import Frame
from butter_pipeline.market.frames import ACTIONS, BARS, CHAINS, FRAMES
from butter_pipeline.market.ingest import fetched, ingest, ingest_actions
from butter_pipeline.market.inspection.months import months
from butter_pipeline.market.inspection.rows import Files, located, located_actions
from butter_pipeline.market.quality import Thresholds, vendors_agree
from butter_pipeline.market.sessions import calendar, last_settled, look_back, sessions_between
from butter_pipeline.market.vendors.csv_folder import CsvFolder
from butter_pipeline.market.vendors.protocol import VendorError, refused
from butter_pipeline.market.vendors.tabular.form import Form

if TYPE_CHECKING:
    import pyarrow as pa

    from butter_pipeline.market.quality import SessionVerdict, Verdict
    from butter_pipeline.market.vendors.protocol import Vendor

Say = Callable[[str], None]

LOOK_BACK_SESSIONS = 67
SET_ASIDE = "exchange holiday"
"""Rows of days on which other exchanges were open: no session can hold them, and nothing is wrong with them."""

ENDING = "ending"
"""Of a session that lacks only names whose rows end before it: the files are fine, but intake, which cannot
know that they end, blocks this one session until a person releases it."""


@dataclass
class Dataset:
    """What was found of one dataset."""

    name: str
    rows: int = 0
    accepted: int = 0
    first: date | None = None
    last: date | None = None
    quarantined: list[dict[str, Any]] = field(default_factory=list)
    set_aside: int = 0
    flags: Counter[str] = field(default_factory=Counter)
    flagged: list[dict[str, Any]] = field(default_factory=list)
    sessions: list[dict[str, Any]] = field(default_factory=list)
    apart: list[str] = field(default_factory=list)
    error: str | None = None
    ends: dict[str, date] = field(default_factory=dict)
    """The last date of each name."""

    @property
    def problems(self) -> int:
        """How many things a person should look at before the files are let in."""
        blocked = sum(each["status"] == "blocked" for each in self.sessions)
        return int(len(self.quarantined) + blocked + len(self.apart) + (self.error is not None))


@dataclass(frozen=True)
class Judge:
    """The files, the moment of judgement, and another vendor of the same rows, if there is one."""

    files: Files
    now: datetime
    other: "Vendor | None" = None

    @cached_property
    def vendor(self) -> CsvFolder:
        """The folder as the vendor that intake would read, as it is now."""
        return as_vendor(self.files).still()

    def everything(self, say: Say) -> list[Dataset]:
        """Every dataset of the folder, bars first since chains are held against them, actions last."""
        offered = self.vendor.datasets
        if BARS.name not in offered:
            say(f"bars: no daily bars in {self.files.folder}; bars within the day make none")
        found = [self._dataset(frame, say) for name, frame in FRAMES.items() if name in offered]
        return found + ([self._actions()] if ACTIONS.name in offered else [])

    def _actions(self) -> Dataset:
        """What actions.csv and its companions say: a bad one would be put aside, and prices be left unadjusted."""
        sessions = sessions_between(calendar()[0], calendar()[-1])
        found = Dataset(ACTIONS.name)
        try:
            verdict, unreadable = ingest_actions(self.vendor, sessions), refused(self.vendor, ACTIONS, sessions)
        except VendorError as error:
            found.error = str(error)
            return found
        found.accepted = verdict.accepted.num_rows
        found.rows = found.accepted + verdict.rejected.num_rows + unreadable.num_rows
        found.quarantined = [_unreadable(row) for row in unreadable.to_pylist()]
        found.quarantined += located_actions(self.files.folder, verdict.rejected)
        return found

    def _dataset(self, frame: Frame, say: Say) -> Dataset:
        found = Dataset(frame.name)
        try:
            self._fill(found, frame, say)
        except VendorError as error:
            found.error = str(error)
        return found

    def _fill(self, found: Dataset, frame: Frame, say: Say) -> None:
        settled = last_settled(self.now)
        sessions = sessions_between(self.vendor.first_session, calendar()[-1])
        rows, unreadable = fetched(self.vendor, frame, sessions), refused(self.vendor, frame, sessions)
        found.quarantined += [_unreadable(row) for row in unreadable.to_pylist()]
        found.rows = rows.num_rows + unreadable.num_rows
        found.quarantined += located(self.files, frame, _yet_to_come(rows, settled))
        days = [day for day in rows["session"].unique().to_pylist() if day <= settled]
        if not days:
            if not unreadable.num_rows:
                found.error = f"{self.files.folder}: {frame.name} hold no rows in any session; put some there"
            return
        found.first, found.last = min(days), max(days)
        last = rows.group_by(frame.key[1]).aggregate([("session", "max")]).to_pylist()
        found.ends = {each[frame.key[1]]: each["session_max"] for each in last}
        kept: pa.Table | None = None
        for month in months(sessions_between(found.first, found.last)):
            if month[0].month == 1 or not found.sessions:
                say(f"{frame.name}: judging {month[0].year}")
            verdict = ingest(self.vendor, frame.name, month, self._previous(frame, month, kept), self.now)
            kept = _lately(kept, verdict.accepted, month[-1])
            self._note(found, frame, verdict)

    def _previous(self, frame: Frame, month: Sequence[date], kept: "pa.Table | None") -> "pa.Table | None":
        if frame is not CHAINS:
            return kept
        return (
            self.vendor.bars(sessions_between(look_back(month[0], 1), month[-1]))
            if BARS.name in self.vendor.datasets
            else None
        )

    def _note(self, found: Dataset, frame: Frame, verdict: "Verdict") -> None:
        found.accepted += verdict.accepted.num_rows
        for row in located(self.files, frame, verdict.rejected):
            if row["reason"] == SET_ASIDE:
                found.set_aside += 1
            else:
                found.quarantined.append(row)
        found.flags.update(verdict.flagged["reason"].to_pylist())
        found.flagged += located(self.files, frame, verdict.flagged)
        found.sessions += [
            {
                "session": session,
                "status": ENDING if _only_ends(each, found.ends) else each.status,
                "completeness_pct": round(each.completeness_pct, 2),
                "reason": each.reason,
            }
            for session, each in verdict.sessions.items()
            if each.status != "done" or each.reason
        ]
        found.apart += self._apart(frame, verdict)

    def _apart(self, frame: Frame, verdict: "Verdict") -> Iterator[str]:
        if self.other is None or frame.name not in self.other.datasets or frame.name == "intraday":
            return
        most = Thresholds.from_config(value("market", "quality", dict)).vendors_apart_pct
        theirs = fetched(self.other, frame, list(verdict.sessions))
        agreement = vendors_agree(frame, verdict.accepted, theirs, most)
        for session in sorted({each.session for each in agreement.apart}):
            yield f"{session}: {agreement.told(session, self.other.name)}"


def files_of(folder: Path) -> Files:
    """A folder, read in the form that configs/market.yml states for CSV files."""
    stated = dict(value("market", "vendors", dict).get("csv", {}))
    lag = timedelta(minutes=stated.pop("lag_minutes", 0))
    return Files(folder, Form.from_config(stated), lag)


def as_vendor(files: Files) -> CsvFolder:
    """The folder as a vendor."""
    return CsvFolder(files.folder, files.lag, files.form)


def _lately(kept: "pa.Table | None", accepted: "pa.Table", last: date) -> "pa.Table":
    """The accepted rows that later sessions are held against."""
    import pyarrow as pa
    import pyarrow.compute as pc

    every = accepted if kept is None else pa.concat_tables([kept, accepted])
    oldest = pa.scalar(look_back(last, LOOK_BACK_SESSIONS), pa.date32())
    return every.filter(pc.greater_equal(every["session"], oldest))


def _yet_to_come(rows: "pa.Table", settled: date) -> "pa.Table":
    """Rows of sessions after the last settled one, with their reason: intake would not ask for them yet."""
    import pyarrow as pa
    import pyarrow.compute as pc

    later = rows.filter(pc.greater(rows["session"], pa.scalar(settled, pa.date32())))
    for name, text in {"reason": "session in the future", "detail": f"the last settled session is {settled}"}.items():
        later = later.append_column(name, pa.repeat(text, later.num_rows))
    return later


def _only_ends(verdict: "SessionVerdict", ends: dict[str, date]) -> bool:
    """Whether a blocked session lacks nothing but names whose rows have come to their end before it."""
    gone = [name for name in verdict.missing if ends.get(name, date.max) < verdict.session]
    return verdict.status == "blocked" and not verdict.rejected and bool(gone) and len(gone) == len(verdict.missing)


def _unreadable(row: dict[str, Any]) -> dict[str, Any]:
    names = {"session": "session", "symbol": "name", "source": "file", "row": "row", "column": "column"}
    return {new: row[old] for old, new in names.items()} | {"reason": row["reason"], "detail": row["detail"]}
