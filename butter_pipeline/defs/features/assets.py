"""Features as assets: one per family, and the matrix that joins them, session by session.

What belongs here: the assets of the features stage, each what its family reads, how far back, and its description.
What does not: formulas (`features.families`) and computing them (`features.compute`).

How far back a family looks is what its features declare; what it reads beyond that would change nothing. No mapping
looks forward. What a month's models were fitted to and what came of it is remembered in the home until the next run.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import dagster as dg

from butter_pipeline.defs.derived import UNCHECKED, Draw, Stage, looks_back
from butter_pipeline.defs.features.needs import chosen
from butter_pipeline.defs.resources import House
from butter_pipeline.derivation import LAKE, Product
from butter_pipeline.features.matrix import columns_by_family, matrix_frame
from butter_pipeline.features.registry import (
    columns_of,
    doc_of,
    families,
    family_frame,
    inputs_of,
    lookbacks,
)
from butter_pipeline.frame import Frame
from butter_pipeline.market.frames import ACTIONS, CANDIDATES, CHAINS, FRAMES, INTRADAY
from butter_pipeline.market.sessions import as_of, look_back
from butter_pipeline.settings import settings

if TYPE_CHECKING:
    import pyarrow as pa

    from butter_pipeline.derivation import Reader

STAGE = Stage("features", ("butter_pipeline.features", "butter_pipeline.market.actions"))
RAW = {**FRAMES, CANDIDATES.name: CANDIDATES, ACTIONS.name: ACTIONS}
NEVER_BLOCKS = (CANDIDATES.name, ACTIONS.name)
"""What a family can do without: a source that does not answer must not stop the session; what is wrong with actions
stops the bars."""
LARGE = {CHAINS.name, INTRADAY.name}
"""What is read a month at a time."""
DRAWN_SESSIONS = 126


def _source(name: str) -> Frame | str:
    """Where a family's input is read: a raw frame, or the files of another family."""
    return RAW.get(name, f"features.{name}")


def _asset(name: str) -> str:
    """The asset that makes a family's input."""
    return RAW[name].asset if name in RAW else f"features/{name}"


def _product(family: str) -> Product:
    named = inputs_of(family)
    beneath = tuple(_asset(name) for name in named if name not in NEVER_BLOCKS)
    reads = tuple(map(_source, named))
    return Product(family_frame(family), LAKE, beneath, reads, at_once=not LARGE & set(named))


PRODUCTS = {family: _product(family) for family in families()}
CHOSEN = chosen()
MATRIX_STAGE = Stage(STAGE.name, STAGE.modules, ("learning",))
JOINED = Product(
    matrix_frame(CHOSEN),
    LAKE,
    [f"features/{name}" for name in columns_by_family(CHOSEN)],
    [f"features.{name}" for name in columns_by_family(CHOSEN)],
    at_once=True,
)


def _family(family: str) -> dict[str, Any]:
    """Keywords of a family's asset."""
    deps = [looks_back(_asset(name), back - 1) for name, back in lookbacks(family).items()]
    return STAGE.asset(PRODUCTS[family], deps=deps, check_specs=UNCHECKED)


def _asset_of(family: str) -> dg.AssetsDefinition:
    """The asset of a family: described by what the family says of itself."""

    def made(context: dg.AssetExecutionContext, house: House) -> dg.MaterializeResult:
        return _made(context, house, family)

    asset: dg.AssetsDefinition = dg.asset(**_family(family), description=doc_of(family))(made)
    return asset


FAMILIES = [_asset_of(family) for family in families()]


@dg.asset(**MATRIX_STAGE.asset(JOINED, deps=[name.split("/") for name in JOINED.beneath]))
def matrix(context: dg.AssetExecutionContext, house: House) -> dg.MaterializeResult:
    """The features that models learn from, of every symbol in one row; configs/learning.yml chooses them.

    Must not see: rows of any session but its own.
    """
    from butter_pipeline.features import pictures
    from butter_pipeline.features.matrix import matrix

    reader = house.reader()

    def make(sessions: Sequence[date], moment: datetime) -> "pa.Table":
        span, keys = (sessions[0], sessions[-1]), ["session", "symbol", "available_at"]
        chosen = {family: [*keys, *names] for family, names in columns_by_family(CHOSEN).items()}
        return matrix({f: reader.read(f"features.{f}", span, moment, chosen[f]) for f in chosen}, CHOSEN, sessions)

    def draw(last: date) -> Mapping[str, bytes]:
        span = (look_back(last, DRAWN_SESSIONS - 1), last)
        return {"correlations": pictures.correlations(reader.read("features.matrix", span, as_of(last)), CHOSEN)}

    return MATRIX_STAGE.make(context, house, JOINED, make, draw)


def _made(context: dg.AssetExecutionContext, house: House, family: str) -> dg.MaterializeResult:
    from butter_pipeline.features.compute import compute
    from butter_pipeline.store.remembered import remembered

    reader = house.reader()

    def make(sessions: Sequence[date], moment: datetime) -> "pa.Table":
        spans = read_spans(family, sessions)
        given = {name: _read(reader, family, name, spans[name], moment) for name in spans}
        with remembered(settings().home / "fitted" / f"{family}.arrow") as fitted:
            return compute(family, given, sessions, fitted)

    return STAGE.make(context, house, PRODUCTS[family], make, _draw(reader, family))


def read_spans(family: str, sessions: Sequence[date]) -> Mapping[str, tuple[date, date]]:
    """From where to where each table of a family is read: as far back as it looks, or from the calendar's beginning."""
    return {name: (look_back(sessions[0], back - 1), sessions[-1]) for name, back in lookbacks(family).items()}


def _read(reader: "Reader", family: str, name: str, span: tuple[date, date], moment: datetime) -> "pa.Table":
    """An input of a family; of another family's wide files only the columns that it looks at."""
    columns = None if name in RAW else ["session", "symbol", *columns_of(family, name)]
    return reader.read(_source(name), span, moment, columns)


def _draw(reader: "Reader", family: str) -> Draw:
    """The surface itself, of families that stand on one; the health of all is the week's picture (`health`)."""
    return (lambda last: _smile(reader, last)) if inputs_of(family) == ("chains",) else lambda _: {}


def _smile(reader: "Reader", last: date) -> Mapping[str, bytes]:
    from butter_pipeline.features import pictures

    chain = reader.read(CHAINS, (last, last), as_of(last))
    return {"surface": pictures.surface(chain, chain["symbol"][0].as_py())}
