"""Surfaces as rows: fitted from chains, and given back as surfaces.

What belongs here: from a table of quotes to a table of SURFACES, and from there to `Surface`. What does not: the
mathematics (`options.surface`), reading and keeping (the skin).

A session's rows rest on that session's quotes alone, and have the same bits alone or in a range.
"""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from butter_pipeline.errors import ButterError
from butter_pipeline.frame import INSTANT
from butter_pipeline.market.sessions import as_of
from butter_pipeline.market.surfaces.chains import Layout, layout
from butter_pipeline.market.surfaces.frames import COMPONENTS, SURFACES
from butter_pipeline.options.surface import arbitrage
from butter_pipeline.options.surface.fitting import Fitted, errors, fit
from butter_pipeline.options.surface.parity import forwards
from butter_pipeline.options.surface.slices import Floats, Slices, composed
from butter_pipeline.options.surface.surface import Surface

KINDS = ("bounds", "butterfly", "calendar", "wings")
QUARTER_DELTA = 0.6745
"""Deviations from the money at which an option has a delta of about a quarter."""


def surfaces(chains: pa.Table, sessions: Sequence[date]) -> pa.Table:
    """The wanted sessions' surfaces, as rows of SURFACES: one for every listed expiry, with or without a slice."""
    laid = layout(chains, sessions)
    fitted = fit(laid.quotes, laid.expiries, forwards(laid.quotes, laid.expiries))
    columns = _named(laid) | _parity(fitted) | _smile(fitted) | _parameters(fitted)
    columns |= {"arbitrage": _verdicts(fitted, laid), "reason": fitted.why_not()}
    arrays = [pa.array(columns[field.name], field.type, from_pandas=True) for field in SURFACES.schema]
    return pa.Table.from_arrays(arrays, schema=SURFACES.schema)


def surface(rows: pa.Table, session: date, symbol: str) -> Surface:
    """The surface of one symbol in one session, from its rows."""
    mine = rows.filter(pc.and_(pc.equal(rows["session"], pa.scalar(session)), pc.equal(rows["symbol"], symbol)))
    good = mine.filter(pc.is_null(mine["reason"])).sort_by("expiry")
    if not good.num_rows:
        said = mine["reason"].to_pylist()[0] if mine.num_rows else "it has no row"
        raise ButterError(f"{symbol} has no surface in {session}: {said}; ask for another session or symbol")
    number = {
        name: np.asarray(good[name].to_numpy()) for name in SURFACES.values if name not in ("arbitrage", "reason")
    }
    own = Slices(
        *(
            np.stack([number[f"{each}_{place}"] for place in COMPONENTS], axis=1)
            for each in ("weight", "mean", "deviation")
        )
    )
    slices = composed(own, number["share_before"], number["widening"])
    return Surface(number["years"], number["forward"], number["discount"], slices)


def _named(laid: Layout) -> dict[str, object]:
    distinct, place = np.unique(laid.session, return_inverse=True)
    known = pa.array([as_of(day) for day in distinct.astype("datetime64[D]").tolist()], INSTANT)
    return {
        "session": laid.session.astype("datetime64[D]"),
        "symbol": pa.array(laid.symbols, pa.string()).take(pa.array(laid.symbol)),
        "expiry": laid.expiry.astype("datetime64[D]"),
        "years": laid.expiries.years,
        "available_at": known.take(pa.array(place)),
    }


def _parity(fitted: Fitted) -> dict[str, object]:
    found = fitted.forwards
    return {
        "forward": found.forward,
        "forward_error": found.forward_error,
        "forward_lowest": found.lowest,
        "forward_highest": found.highest,
        "discount": found.discount,
        "rate_pct": 100.0 * found.rate,
        "rate_error_pct": 100.0 * found.rate_error,
        "pairs": found.pairs,
    }


def _smile(fitted: Fitted) -> dict[str, object]:
    told, years, count = errors(fitted), fitted.expiries.years, len(fitted.status)
    there = np.flatnonzero(fitted.status == 0)
    money, skew = np.full(count, np.nan), np.full(count, np.nan)
    slices = fitted.slices[there]
    deviation = slices.at_the_money()
    sides = slices.implied_deviations(deviation[:, None] * np.array([-QUARTER_DELTA, QUARTER_DELTA]))
    yearly = 100.0 / np.sqrt(years[there])
    money[there], skew[there] = deviation * yearly, (sides[:, 0] - sides[:, 1]) * yearly
    return {
        "quotes": told.quotes,
        "atm_iv_pct": money,
        "skew_pct": skew,
        "inside_spread_pct": told.inside_pct,
        "rmse_points": told.rmse_points,
        "largest_points": told.largest_points,
        "rmse_half_spreads": told.rmse_half_spreads,
    }


def _parameters(fitted: Fitted) -> dict[str, Floats]:
    there = fitted.status == 0
    own = {"weight": fitted.own.weights, "mean": fitted.own.means, "deviation": fitted.own.deviations}
    found = {f"{name}_{place}": values[:, place - 1] for name, values in own.items() for place in COMPONENTS}
    found |= {"share_before": fitted.share_before, "widening": fitted.widening}
    return {name: np.where(there, values, np.nan) for name, values in found.items()}


def _verdicts(fitted: Fitted, laid: Layout) -> list[str | None]:
    """By expiry, none or the kinds of arbitrage found; None where there is no slice."""
    found = arbitrage.of_slices(fitted.slices, laid.expiries.surface)
    kinds = {name: getattr(found, name) > (0.0 if name == "wings" else arbitrage.ROUNDING) for name in KINDS}
    words = [", ".join(name for name in KINDS if kinds[name][e]) or "none" for e in range(len(fitted.status))]
    return [word if code == 0 else None for word, code in zip(words, fitted.status.tolist(), strict=True)]
