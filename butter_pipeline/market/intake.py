"""Taking market data in: fetch, judge, keep, and write down how each session went.

What belongs here: the order of those four steps and what a blocked session means for the next dataset.
What does not: the steps themselves (`market.vendors`, `market.quality`, `store`), and Dagster.

Any step may die at any moment. Rows are appended first and the outcome last, so a session without an
outcome is simply done again, and appending equal rows again adds nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from butter_pipeline.errors import ButterError
from butter_pipeline.market.frames import BARS, CHAINS, Frame
from butter_pipeline.market.sessions import as_of

if TYPE_CHECKING:
    import pyarrow as pa

    from butter_pipeline.market.quality import Verdict
    from butter_pipeline.market.vendors.protocol import Vendor
    from butter_pipeline.store import Store

@dataclass(frozen=True)
class Run:
    """What every row and outcome of one run carries."""

    run_id: str
    received_at: datetime
    code_version: str
    config_hash: str


def chunks(sessions: Sequence[date]) -> Iterator[Sequence[date]]:
    """The sessions a month at a time: memory stays flat, and a killed run loses at most a month.

    >>> from datetime import date
    >>> [len(piece) for piece in chunks([date(2024, 1, 30), date(2024, 1, 31), date(2024, 2, 1)])]
    [2, 1]
    """
    piece: list[date] = []
    for session in sessions:
        if piece and (session.year, session.month) != (piece[0].year, piece[0].month):
            yield piece
            piece = []
        piece.append(session)
    if piece:
        yield piece
