"""Deriving: how every stage behind market data makes its sessions and writes down how they went.

What belongs here: which sessions may be made, as of when each is read, keeping the rows, and the outcome per
session. What does not: what the rows say (the stage's pure functions), and Dagster.

A session is made only where everything beneath it is good; it is blocked, with the reason, where something is
not. Rows first, outcome last: killed anywhere, a session without an outcome is simply made again.

A range must give what its sessions gave one by one. So a range is read in spells: stretches in which nothing
became known but the sessions' own rows. A correction that arrived in the middle starts a new spell, and so does an
action from which on earlier prices stand on another basis: no session sees what was known, or counts, only after it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from butter_pipeline.errors import ButterError
from butter_pipeline.frame import Frame
from butter_pipeline.identity import content_hashes
from butter_pipeline.market.frames import ACTIONS, BARS, CHAINS, IN_LAKE
from butter_pipeline.market.instruments import policy
from butter_pipeline.market.sessions import EXCHANGE_ZONE, as_of
from butter_pipeline.store import Store, frames, lake, outcomes
from butter_pipeline.store.outcomes import Outcome
from butter_pipeline.store.terms import Origin, Reading

if TYPE_CHECKING:
    import pyarrow as pa

LAKE, ROWS, LEDGER = "lake", "rows", "ledger"
"""Where a product is kept: files of the lake; rows whose corrections are further rows; rows that stand as first
written, because somebody acted on them."""

GOOD = ("done", "released")


@dataclass(frozen=True, kw_only=True)
class Run(Origin):
    """What every row and outcome of one run carries: its origin, and the run's own name."""

    run_id: str


@dataclass(frozen=True)
class Product:
    """Something that is derived, session by session: its shape, where it is kept, what it stands on.

    `beneath` names the assets that must be good in the same session; `reads` the frames and files whose corrections it
    must not see early. `at_once`: a run's sessions are made together, where each looks far back at little; otherwise a
    month at a time.
    """

    frame: Frame
    kept: str
    beneath: Sequence[str] = ()
    reads: Sequence[Frame | str] = ()
    at_once: bool = False

    @property
    def asset(self) -> str:
        """The asset's name, such as `features/technical`."""
        return self.frame.asset

    @property
    def what(self) -> str:
        """The name in the lake's manifest, such as `features.technical`."""
        return self.frame.table


@dataclass(frozen=True)
class Reader:
    """Reads what one vendor's market came to.

    Bars come on the basis of the moment as of which they are read, chains with a volatility for every quote that tells.
    """

    store: Store
    vendor: str

    def read(
        self, what: Frame | str, span: tuple[date, date], as_of: datetime, columns: Sequence[str] | None = None
    ) -> "pa.Table":
        """Rows (of a frame in PostgreSQL) or files (of a name in the lake) from a first to a last session."""
        asked = Reading(vendor=self.vendor, first=span[0], last=span[1], as_of=as_of)
        if what is CHAINS:
            return self._valued(asked, columns)
        if isinstance(what, str) or what in IN_LAKE:
            return lake.read(self.store, what, asked, columns=columns)
        rows = frames.read(self.store, what, asked)
        if what is BARS:
            rows = self._on_one_basis(rows, span[0], as_of)
        return rows if columns is None else rows.select(list(columns))

    def raw_bars(self, span: tuple[date, date], as_of: datetime) -> "pa.Table":
        """Bars as they were quoted, each on the basis of its own session."""
        asked = Reading(vendor=self.vendor, first=span[0], last=span[1], as_of=as_of)
        return frames.read(self.store, BARS, asked)

    def actions(self, first: date, as_of: datetime) -> "pa.Table":
        """The actions from a session on that are known and count at a moment."""
        last = as_of.astimezone(EXCHANGE_ZONE).date()
        return frames.read(self.store, ACTIONS, Reading(vendor=self.vendor, first=first, last=last, as_of=as_of))

    def _valued(self, asked: Reading, columns: Sequence[str] | None) -> "pa.Table":
        from butter_pipeline.market.valuation import NEEDED, with_volatility

        if columns is not None and "vendor_iv" not in columns:
            return lake.read(self.store, CHAINS, asked, columns=columns)
        needed = None if columns is None else list(dict.fromkeys([*columns, *NEEDED]))
        rows = with_volatility(lake.read(self.store, CHAINS, asked, columns=needed))
        return rows if columns is None else rows.select(list(columns))

    def _on_one_basis(self, bars: "pa.Table", first: date, as_of: datetime) -> "pa.Table":
        from butter_pipeline.market.actions.adjust import adjusted_bars

        actions = self.actions(first, as_of)
        return adjusted_bars(bars, actions, as_of, policy()) if actions.num_rows else bars


Make = Callable[[Sequence[date], datetime], "pa.Table"]
"""From sessions and the moment as of which to read, to the rows of those sessions."""


@dataclass(frozen=True)
class Recipe:
    """How a product is made, and which sessions must wait for more than what is beneath them, and for what."""

    make: Make
    waits: Callable[[Sequence[date]], Mapping[date, str]] = lambda _: {}


def derive(store: Store, product: Product, sessions: Sequence[date], run: Run, recipe: Recipe) -> Iterator[Outcome]:
    """Make the sessions, stretch by stretch, and tell how each went as soon as that is stored."""
    refuse_unsettled(sessions, run)
    for stretch in [sessions] if product.at_once else months(sessions):
        made = list(_made(store, product, stretch, run, recipe))
        outcomes.record(store, made)
        yield from made


def refuse_unsettled(sessions: Sequence[date], run: Run) -> None:
    """Refuse sessions that have not settled at the run's own clock."""
    late = [session for session in sessions if as_of(session) > run.received_at]
    if late:
        raise ButterError(f"session {late[0]} settles at {as_of(late[0]):%Y-%m-%d %H:%M} UTC; ask for it after that")


def months(sessions: Sequence[date]) -> Iterator[Sequence[date]]:
    """The sessions a month at a time: memory stays flat, and a killed run loses at most a month.

    >>> [len(month) for month in months([date(2024, 1, 30), date(2024, 1, 31), date(2024, 2, 1)])]
    [2, 1]
    """
    month: list[date] = []
    for session in sessions:
        if month and (session.year, session.month) != (month[0].year, month[0].month):
            yield month
            month = []
        month.append(session)
    if month:
        yield month


def _made(store: Store, product: Product, stretch: Sequence[date], run: Run, recipe: Recipe) -> Iterator[Outcome]:
    blocked = {**recipe.waits(stretch), **obstacles(store, product.beneath, run.vendor, stretch)}
    usable = [session for session in stretch if session not in blocked]
    made: dict[date, Outcome] = {}
    for spell in spells(store, product.reads, run.vendor, usable):
        rows = recipe.make(spell, as_of(spell[-1]))
        _refuse_others(product, rows, spell)
        hashes = keep(store, product, spell, rows, run)
        counts = _counts(rows)
        for session in spell:
            found = done(product.asset, session, run)
            made[session] = replace(found, rows=counts.get(session, 0), hash=hashes.get(session))
    for session in stretch:
        if session in blocked:
            yield replace(done(product.asset, session, run), status="blocked", reason=blocked[session])
        else:
            yield made[session]


def _refuse_others(product: Product, rows: "pa.Table", asked: Sequence[date]) -> None:
    others = sorted(set(rows["session"].unique().to_pylist()) - set(asked))
    if others:
        raise ValueError(f"{product.asset}: made rows of {others[0]}, which was not asked for")


def obstacles(store: Store, beneath: Sequence[str], vendor: str, sessions: Sequence[date]) -> Mapping[date, str]:
    """The sessions that cannot be made, each with the first reason found beneath it."""
    found: dict[date, str] = {}
    for asset in beneath:
        stood = {o.session: o for o in outcomes.latest(store, asset, vendor, sessions[0], sessions[-1])}
        for session in sessions:
            under = stood.get(session)
            if session in found or (under is not None and under.status in GOOD):
                continue
            said = "has not been made" if under is None else f"is {under.status}: {under.reason}"
            found[session] = f"{asset} {said}"
    return found


def spells(
    store: Store, reads: Sequence[Frame | str], vendor: str, sessions: Sequence[date]
) -> Iterator[Sequence[date]]:
    """The sessions in stretches within which nothing was corrected: one reading serves a whole stretch."""
    if not sessions:
        return
    known = _corrections(store, reads, vendor, sessions)
    if BARS in reads or ACTIONS in reads:
        known |= _rebased(Reader(store, vendor), sessions)
    spell: list[date] = []
    for session in sessions:
        if spell and any(as_of(spell[-1]) < moment <= as_of(session) for moment in known):
            yield spell
            spell = []
        spell.append(session)
    yield spell


def _corrections(store: Store, reads: Sequence[Frame | str], vendor: str, sessions: Sequence[date]) -> set[datetime]:
    """When, during these sessions, rows became known later than their own session settled."""
    from sqlalchemy import text

    span = {"vendor": vendor, "after": as_of(sessions[0]), "until": as_of(sessions[-1]), "last": sessions[-1]}
    found: set[datetime] = set()
    if BARS in reads:
        reads = [*reads, ACTIONS]  # bars are read adjusted
    with store.engine.connect() as connection:
        for read in reads:
            table, only = "lake.manifest", " and what = :what"
            if isinstance(read, Frame) and read not in IN_LAKE:
                table, only = read.table, ""
            query = (
                f"select distinct session, available_at from {table} where vendor = :vendor and session <= :last "
                f"and available_at > :after and available_at <= :until{only}"
            )
            named = span | ({"what": read.name if isinstance(read, Frame) else read} if only else {})
            rows = connection.execute(text(query), named)
            found |= {row.available_at for row in rows if row.available_at > as_of(row.session)}
    return found


def _rebased(reader: Reader, sessions: Sequence[date]) -> set[datetime]:
    """When, during these sessions, an action moved earlier bars to another basis."""
    from butter_pipeline.market.actions.adjust import in_effect, rebases

    moment = as_of(sessions[-1])
    counted = in_effect(reader.actions(sessions[0], moment), moment)
    return {as_of(action.session) for action in counted if rebases(action, policy())}


def keep(
    store: Store, product: Product, sessions: Sequence[date], rows: "pa.Table", run: Run
) -> Mapping[date, str | None]:
    """Keep the rows where the product is kept; returns the content hash of what now stands for each session."""
    if product.kept == LAKE:
        contents = (lake.Content(s, part, as_of(s)) for s, part in by_session(rows, sessions).items())
        return {made.session: made.hash for made in lake.write(store, product.what, contents, run)}
    (frames.append if product.kept == ROWS else frames.enter)(store, product.frame, rows, run)
    asked = Reading(vendor=run.vendor, first=sessions[0], last=sessions[-1], as_of=run.received_at)
    stored = frames.read(store, product.frame, asked)
    return dict(zip(sessions, content_hashes(stored, session_cuts(stored, sessions)), strict=True))


def by_session(table: "pa.Table", sessions: Sequence[date]) -> Mapping[date, "pa.Table"]:
    """The table cut by session; it is in the order of its key, which begins with the session."""
    return {s: table.slice(a, b - a) for s, (a, b) in zip(sessions, session_cuts(table, sessions), strict=True)}


def session_cuts(table: "pa.Table", sessions: Sequence[date]) -> Sequence[tuple[int, int]]:
    """From which row to before which one each session's rows stand."""
    import numpy as np

    held, wanted = table["session"].to_numpy(), np.array(sessions, dtype="datetime64[D]")
    starts, ends = np.searchsorted(held, wanted, "left"), np.searchsorted(held, wanted, "right")
    return list(zip(starts.tolist(), ends.tolist(), strict=True))


def done(asset: str, session: date, run: Run) -> Outcome:
    """A session that is done, with nothing in it."""
    return Outcome(
        asset=asset,
        vendor=run.vendor,
        session=session,
        status="done",
        rows=0,
        run_id=run.run_id,
        code_version=run.code_version,
        config_hash=run.config_hash,
        recorded_at=run.recorded_at,
    )


def _counts(rows: "pa.Table") -> Mapping[date, int]:
    counted = rows["session"].value_counts().to_pylist()
    return {row["values"]: row["counts"] for row in counted}
