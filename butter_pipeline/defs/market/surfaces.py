"""Volatility surfaces as an asset: every symbol's chain of a session, smoothed free of arbitrage.

What belongs here: the asset, a call of its pure function and its description. What does not: raw rows (`assets`), and
the mathematics.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

import dagster as dg

from butter_pipeline.defs.derived import Stage
from butter_pipeline.defs.resources import House
from butter_pipeline.derivation import LAKE, Product
from butter_pipeline.market.frames import CHAINS
from butter_pipeline.market.sessions import as_of
from butter_pipeline.market.surfaces.frames import SURFACES

if TYPE_CHECKING:
    import pyarrow as pa

STAGE = Stage("market", ("butter_pipeline.market.surfaces", "butter_pipeline.options.surface"))
SMOOTHED = Product(SURFACES, LAKE, beneath=(CHAINS.asset,), reads=(CHAINS,))


@dg.asset(**STAGE.asset(SMOOTHED, deps=[CHAINS.asset.split("/")]))
def surfaces(context: dg.AssetExecutionContext, house: House) -> dg.MaterializeResult:
    """Forward, discount and a smooth smile of every expiry, free of arbitrage, with its error against the quotes.

    Forwards come from put-call parity; an expiry without one, or with too few quotes, keeps its row and says why.
    Must not see: quotes of any session but its own.
    """
    from butter_pipeline.market.surfaces import chains, pictures, rows

    reader = house.reader()

    def make(sessions: Sequence[date], moment: datetime) -> "pa.Table":
        read = reader.read(CHAINS, (sessions[0], sessions[-1]), moment, chains.COLUMNS)
        return rows.surfaces(read, sessions)

    def draw(last: date) -> Mapping[str, bytes]:
        made = reader.read(SMOOTHED.what, (last, last), as_of(last))
        return pictures.of_most_quoted(made, reader.read(CHAINS, (last, last), as_of(last)), last)

    return STAGE.make(context, house, SMOOTHED, make, draw)
