"""Features as assets: one per family, and the matrix that joins them, session by session.

What belongs here: the assets of the features stage, each what its family reads, how far back, and its description.
What does not: formulas (`features.families`) and computing them (`features.compute`).

How far back a family looks is what its features declare; what it reads beyond that would change nothing. No mapping
looks forward.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import dagster as dg

from butter_pipeline.defs.derived import UNCHECKED, Draw, Stage, looks_back
from butter_pipeline.defs.resources import House
from butter_pipeline.derivation import LAKE, Product
from butter_pipeline.features.matrix import matrix_frame
from butter_pipeline.features.registry import families, family_frame, inputs_of, lookbacks
from butter_pipeline.frame import Frame
from butter_pipeline.market.frames import BARS, CHAINS, CONTEXT
from butter_pipeline.market.sessions import as_of, offset

if TYPE_CHECKING:
    import pyarrow as pa

    from butter_pipeline.derivation import Reader

STAGE = Stage("features", ("butter_pipeline.features",))
RAW = {frame.name: frame for frame in (BARS, CHAINS, CONTEXT)}
DRAWN_SESSIONS = 126


def _source(name: str) -> Frame | str:
    """Where a family's input is read: a raw frame, or the files of another family."""
    return RAW.get(name, f"features.{name}")


def _asset(name: str) -> str:
    """The asset that makes a family's input."""
    return RAW[name].asset if name in RAW else f"features/{name}"


def _product(family: str) -> Product:
    named = inputs_of(family)
    beneath, reads = tuple(map(_asset, named)), tuple(map(_source, named))
    return Product(family_frame(family), LAKE, beneath, reads, at_once="chains" not in named)


PRODUCTS = {family: _product(family) for family in families()}
JOINED = Product(
    matrix_frame(),
    LAKE,
    [f"features/{name}" for name in families()],
    [f"features.{name}" for name in families()],
    at_once=True,
)


def _family(family: str) -> dict[str, Any]:
    """Keywords of a family's asset."""
    deps = [looks_back(_asset(name), back - 1) for name, back in lookbacks(family).items()]
    return STAGE.asset(PRODUCTS[family], deps=deps, check_specs=UNCHECKED)


@dg.asset(**_family("technical"))
def technical(context: dg.AssetExecutionContext, house: House) -> dg.MaterializeResult:
    """Indicators that traders know by name, from daily bars: strength, range, averages, bands, momentum.

    Must not see: any bar after the session's own.
    """
    return _made(context, house, "technical", lambda last: _over_time(house.reader(), "technical", last))


@dg.asset(**_family("volatility"))
def volatility(context: dg.AssetExecutionContext, house: House) -> dg.MaterializeResult:
    """Realised volatility by four estimators, and GARCH(1,1) forecasts for one and seven sessions.

    A month's GARCH parameters rest on the sessions before that month. Must not see: any bar after the session's own.
    """
    return _made(context, house, "volatility", lambda last: _over_time(house.reader(), "volatility", last))


@dg.asset(**_family("price"))
def price(context: dg.AssetExecutionContext, house: House) -> dg.MaterializeResult:
    """What ARIMA(1,1,1) of the log price expects over the next seven sessions, and how sure it is.

    Must not see: any bar after the session's own.
    """
    return _made(context, house, "price")


@dg.asset(**_family("cycles"))
def cycles(context: dg.AssetExecutionContext, house: House) -> dg.MaterializeResult:
    """The strongest waves of the last 128 log prices, and what they continue to.

    Must not see: any bar after the session's own.
    """
    return _made(context, house, "cycles")


@dg.asset(**_family("surface"))
def surface(context: dg.AssetExecutionContext, house: House) -> dg.MaterializeResult:
    """Points of every symbol's implied volatility surface: level, term structure, skew.

    Must not see: quotes of any session but its own.
    """
    return _made(context, house, "surface", lambda last: _smile(house.reader(), last))


@dg.asset(**_family("implied"))
def implied(context: dg.AssetExecutionContext, house: House) -> dg.MaterializeResult:
    """Implied volatility against its own past year and against realised and forecast volatility.

    Must not see: any surface after the session's own, or any other session's realised volatility.
    """
    return _made(context, house, "implied")


@dg.asset(**_family("context"))
def context(context: dg.AssetExecutionContext, house: House) -> dg.MaterializeResult:
    """What surrounds a symbol: the volatility index, the market and how the symbol moves with it, the calendar.

    Must not see: anything after the session's close; the calendar alone is known ahead.
    """
    return _made(context, house, "context")


@dg.asset(**STAGE.asset(JOINED, deps=[name.split("/") for name in JOINED.beneath]))
def matrix(context: dg.AssetExecutionContext, house: House) -> dg.MaterializeResult:
    """Every feature of every symbol in one row: what models learn from and predictions are made of.

    Must not see: rows of any session but its own.
    """
    from butter_pipeline.features import pictures
    from butter_pipeline.features.matrix import matrix

    reader = house.reader()

    def make(sessions: Sequence[date], moment: datetime) -> "pa.Table":
        span = (sessions[0], sessions[-1])
        return matrix({name: reader.read(f"features.{name}", span, moment) for name in families()}, sessions)

    def draw(last: date) -> Mapping[str, bytes]:
        return {"correlations": pictures.correlations(_lately(reader, "matrix", last))}

    return STAGE.make(context, house, JOINED, make, draw)


def _made(
    context: dg.AssetExecutionContext, house: House, family: str, draw: Draw = lambda _: {}
) -> dg.MaterializeResult:
    from butter_pipeline.features.compute import compute

    reader = house.reader()

    def make(sessions: Sequence[date], moment: datetime) -> "pa.Table":
        inputs = {
            name: reader.read(_source(name), (offset(sessions[0], 1 - back), sessions[-1]), moment)
            for name, back in lookbacks(family).items()
        }
        return compute(family, inputs, sessions)

    return STAGE.make(context, house, PRODUCTS[family], make, draw)


def _lately(reader: "Reader", name: str, last: date) -> "pa.Table":
    return reader.read(f"features.{name}", (offset(last, 1 - DRAWN_SESSIONS), last), as_of(last))


def _over_time(reader: "Reader", family: str, last: date) -> Mapping[str, bytes]:
    from butter_pipeline.features import pictures

    rows = _lately(reader, family, last)
    return {"lately": pictures.over_time(rows, family, rows["symbol"][0].as_py())}


def _smile(reader: "Reader", last: date) -> Mapping[str, bytes]:
    from butter_pipeline.features import pictures

    chain = reader.read(CHAINS, (last, last), as_of(last))
    return {"surface": pictures.surface(chain, chain["symbol"][0].as_py())}
