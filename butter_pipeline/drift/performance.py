"""How predictions that matured lately did, against the market's own probability and what validation promised.

What belongs here: a row of PERFORMANCE per session. What does not: which predictions count (the marts), and alerts.

Sums are exact (`math.fsum`): the order of predictions and the length of a range do not show in them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import fsum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from butter_pipeline.drift.frames import PERFORMANCE
from butter_pipeline.drift.plan import PerformanceTerms
from butter_pipeline.market.sessions import as_of, offset, sessions_between

if TYPE_CHECKING:
    import pyarrow as pa

Floats = NDArray[np.float64]

SURE = 1e-12
"""Probabilities are kept so far from 0 and 1: one sure prediction that fails must not make a loss infinite."""

_SUMS = ("log_loss", "brier", "profitable", "probability")
_MARKET = ("market_log_loss", "market_brier")
_PROMISED = ("promised_log_loss", "kept_log_loss")


@dataclass(frozen=True)
class _Sums:
    """Per figure its sum over predictions, and how many predictions had it."""

    total: Mapping[str, float]
    count: Mapping[str, int]


def performance(matured: "pa.Table", sessions: Sequence[date], terms: PerformanceTerms) -> "pa.Table":
    """The performance as of each session.

    `matured` has a row per prediction: session (in which it matured), success_probability, is_profitable (0 or 1),
    and, null where there is none, market_probability and validation_log_loss, which its model reached unseen.
    """
    import pyarrow as pa

    by_session = _by_session(matured)
    rows = []
    for session in sorted(set(sessions)):
        latest = sessions_between(offset(session, 1 - terms.window_sessions), session)
        rows.append(_row(session, _added([by_session[each] for each in latest if each in by_session]), terms))
    return pa.Table.from_pylist(rows, schema=PERFORMANCE.schema)


def _by_session(matured: "pa.Table") -> Mapping[date, _Sums]:
    probability, happened = _column(matured, "success_probability"), _column(matured, "is_profitable")
    market, promised = _column(matured, "market_probability"), _column(matured, "validation_log_loss")
    loss = _log_loss(probability, happened)
    figures = {
        "log_loss": loss,
        "brier": np.square(probability - happened),
        "profitable": happened,
        "probability": probability,
        "market_log_loss": _log_loss(market, happened),
        "market_brier": np.square(market - happened),
        "promised_log_loss": promised,
        "kept_log_loss": np.where(np.isfinite(promised), loss, np.nan),
    }
    days = matured["session"].to_numpy()
    return {
        day.astype(object): _summed({name: values[days == day] for name, values in figures.items()})
        for day in np.unique(days)
    }


def _column(table: "pa.Table", name: str) -> Floats:
    import pyarrow as pa

    return np.asarray(table[name].cast(pa.float64()).to_numpy(), dtype=np.float64)


def _log_loss(probability: Floats, happened: Floats) -> Floats:
    bounded = np.clip(probability, SURE, 1.0 - SURE)
    return np.asarray(-np.log(np.where(happened > 0.5, bounded, 1.0 - bounded)))


def _summed(figures: Mapping[str, Floats]) -> _Sums:
    there = {name: values[np.isfinite(values)] for name, values in figures.items()}
    return _Sums({name: fsum(v) for name, v in there.items()}, {name: v.size for name, v in there.items()})


def _added(parts: Sequence[_Sums]) -> _Sums:
    names = (*_SUMS, *_MARKET, *_PROMISED)
    return _Sums(
        {name: fsum(part.total[name] for part in parts) for name in names},
        {name: sum(part.count[name] for part in parts) for name in names},
    )


def _row(session: date, sums: _Sums, terms: PerformanceTerms) -> dict[str, Any]:
    mean = {name: sums.total[name] / count if count else None for name, count in sums.count.items()}
    return {
        "session": session,
        "matured_predictions": sums.count["log_loss"],
        "log_loss": mean["log_loss"],
        "market_log_loss": mean["market_log_loss"],
        "brier": mean["brier"],
        "market_brier": mean["market_brier"],
        "share_profitable": mean["profitable"],
        "mean_probability": mean["probability"],
        "verdict": _verdict(sums, terms),
        "available_at": as_of(session),
    }


def _verdict(sums: _Sums, terms: PerformanceTerms) -> str:
    count = sums.count["kept_log_loss"]
    if sums.count["log_loss"] < terms.least_predictions:
        return f"cannot be judged: {sums.count['log_loss']} predictions matured, {terms.least_predictions} must have"
    if count < terms.least_predictions:
        return f"cannot be judged: validation promised something for {count} predictions of those that matured"
    worst = sums.total["promised_log_loss"] * (1.0 + terms.tolerance_pct / 100.0)
    return "decayed" if sums.total["kept_log_loss"] > worst else "sound"
