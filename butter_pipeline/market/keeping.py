"""Keeping accepted rows: in PostgreSQL or in the lake, each known from when it could be known.

What belongs here: which of a delivery's rows go where, and from when on late ones count. What does not: judging rows
(`market.quality`), and what a session came to (`market.intake`).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from butter_pipeline.derivation import Run, by_session, session_cuts
from butter_pipeline.frame import INSTANT, Frame
from butter_pipeline.identity import content_hashes
from butter_pipeline.market.frames import IN_LAKE
from butter_pipeline.market.sessions import as_of
from butter_pipeline.store import Store, frames, lake, outcomes
from butter_pipeline.store.conform import conformed, first_disorder
from butter_pipeline.store.terms import Reading

if TYPE_CHECKING:
    import pyarrow as pa

EVER = datetime.max.replace(tzinfo=UTC)
"""As of when everything stored is known."""


def keep(store: Store, frame: Frame, accepted: "pa.Table", sessions: Sequence[date], run: Run) -> Mapping[date, str]:
    """Keep the accepted rows of some sessions; returns the content hash of what then stands for each."""
    return (_keep_in_lake if frame in IN_LAKE else _keep_in_postgres)(store, frame, accepted, sessions, run)


def _keep_in_postgres(
    store: Store, frame: Frame, accepted: "pa.Table", sessions: Sequence[date], run: Run
) -> Mapping[date, str]:
    asked = Reading(vendor=run.vendor, first=sessions[0], last=sessions[-1], as_of=EVER)
    before = outcomes.latest(store, f"market/{frame.name}", run.vendor, sessions[0], sessions[-1])
    deliveries = list(one_row_per_key(accepted, frame))
    if before:
        stored = frames.read(store, frame, asked)
        # A failed run took nothing in; what an earlier one did is known by its rows.
        known = {outcome.session for outcome in before if outcome.status != "failed"}
        known |= set(stored["session"].to_pylist())
        if known:
            # Of a source that was read before, what its corrections corrected is stored already.
            deliveries = [_late_from_receipt(deliveries[-1], stored, known, (frame, run))]
    appended = [frames.append(store, frame, rows, run) for rows in deliveries]
    alone = len(appended) == 1 and appended[0].alone
    standing = conformed(deliveries[0], frame) if alone else frames.read(store, frame, asked)
    return dict(zip(sessions, content_hashes(standing, session_cuts(standing, sessions)), strict=True))


def _late_from_receipt(rows: "pa.Table", stored: "pa.Table", known: set[date], of: tuple[Frame, Run]) -> "pa.Table":
    """Rows that were missing when their session was taken in are known from their receipt, not from the close.

    Otherwise a row that came days later would change what an earlier reading saw.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    frame, run = of
    numbered = rows.select(frame.key).append_column("row", pa.array(range(rows.num_rows), pa.int64()))
    unseen = numbered.join(stored.select(frame.key), list(frame.key), join_type="left anti")
    late = unseen.filter(pc.is_in(unseen["session"], pa.array(sorted(known), pa.date32())))["row"]
    if not len(late):
        return rows
    receipt = pa.scalar(run.received_at, INSTANT)
    too_early = pc.and_(pc.is_in(numbered["row"], late.combine_chunks()), pc.less(rows["available_at"], receipt))
    stamps = pc.if_else(too_early, receipt, rows["available_at"])
    place = rows.schema.get_field_index("available_at")
    return rows.set_column(place, rows.schema.field(place), stamps)


def one_row_per_key(rows: "pa.Table", frame: Frame) -> "Iterator[pa.Table]":
    """Tables with one row per key, in the order in which corrections became known; the last holds the latest."""
    if first_disorder(rows, frame.key) is None:
        yield rows
        return
    rows = rows.sort_by([(name, "ascending") for name in (*frame.key, "available_at")])
    groups = rows.select(frame.key).to_pandas().groupby(list(frame.key), sort=False)
    turn, last = groups.cumcount().to_numpy(), groups["session"].transform("size").to_numpy() - 1
    for now in range(last.max() + 1):
        yield rows.filter((turn == now) | ((turn == last) & (last < now)))


def _keep_in_lake(
    store: Store, frame: Frame, accepted: "pa.Table", sessions: Sequence[date], run: Run
) -> Mapping[date, str]:
    *_, latest = one_row_per_key(accepted, frame)
    cut = by_session(latest, sessions)
    contents = (lake.Content(session, rows, as_of(session)) for session, rows in cut.items() if rows.num_rows)
    return {manifest.session: manifest.hash for manifest in lake.write(store, frame, contents, run)}
