"""An honest bandit over a few weightings: how each would have picked, judged by what has matured.

What belongs here: rewards of the candidates, the belief about them, and the choice for a session. What does not:
reading outcomes (`defs`), and what is decided with the weights (`trading`).

It must not see an outcome before the session in which it matures. It has no state: the choice for a session is
a function of the last sessions of outcomes, so a session made alone equals the same session of a range.

Every candidate's picks are known afterwards, whoever was followed. So candidates are compared with the static
one on the same sessions, which takes away what all of them share: the market.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from butter_pipeline.errors import ButterError
from butter_pipeline.identity import natural_id
from butter_pipeline.market.sessions import as_of, position
from butter_pipeline.policy.frames import WEIGHTS
from butter_pipeline.policy.weightings import PARTS, Weighting, candidates_of, weighted

if TYPE_CHECKING:
    import pyarrow as pa

Floats = NDArray[np.float64]

_DIGITS = 13  # hexadecimal digits of a draw's hash: 52 bits, what a float64 holds


@dataclass(frozen=True)
class Policy:
    """The candidates, the static one first, and how they are judged."""

    candidates: Mapping[str, Weighting]
    window_sessions: int
    least_sessions: int
    overlap_sessions: int
    prior_sd_pct: float


@dataclass(frozen=True)
class Belief:
    """What is believed of each candidate (columns) as of each session (rows); differences are from the static one."""

    observed_sessions: NDArray[np.int64]
    static_mean_pct: Floats
    difference_pct: Floats
    deviation_pct: Floats


def policy_from_config(values: Mapping[str, object], static: Weighting) -> Policy:
    """The policy that a configuration (configs/policy.yml) states."""
    names = ("window_sessions", "least_sessions", "overlap_sessions", "prior_sd_pct")
    for name in names:
        found = values.get(name)
        if isinstance(found, bool) or not isinstance(found, int | float) or not found > 0:
            raise ButterError(f"policy.yml: {name} must be a number above 0, was {found!r}; set it right")
    listed = values.get("candidates")
    if not isinstance(listed, Mapping):
        raise ButterError(f"policy.yml: candidates must be weights by name, was {listed!r}; set it right")
    return Policy(candidates_of(listed, static), **{name: values[name] for name in names})  # type: ignore[arg-type]


def weights(
    butterflies: "pa.Table", outcomes: "pa.Table", sessions: Sequence[date], vendor: str, policy: Policy
) -> "pa.Table":
    """The weights of each session (`WEIGHTS`), from butterflies and from outcomes that matured up to it."""
    import pyarrow as pa

    rewards = matured_rewards(butterflies, outcomes, list(policy.candidates.values()))
    believed = belief(rewards, np.array([position(session) for session in sessions], dtype=np.int64), policy)
    rows = [_row(session, at, believed, vendor, policy) for at, session in enumerate(sessions)]
    return pa.Table.from_pylist(rows, schema=WEIGHTS.schema)


def matured_rewards(
    butterflies: "pa.Table", outcomes: "pa.Table", candidates: Sequence[Weighting]
) -> tuple[NDArray[np.int64], Floats]:
    """Places of maturing sessions in the calendar, ascending, and what each candidate's picks returned there.

    A candidate's pick is the butterfly it ranks first among a symbol's of one session, labelled or not; its reward
    is the mean profit of the picks that have one, in per cent of cost, nan when none has.
    """
    matured, profit = _joined(butterflies, outcomes)
    places = np.unique(matured[matured >= 0])
    rewards = np.full((len(places), len(candidates)), np.nan)
    if not len(places):
        return places, rewards
    session, symbol, name = (_coded(butterflies, column) for column in ("session", "symbol", "opportunity_id"))
    scores = [butterflies[f"{part}_score"].to_numpy() for part in PARTS]
    for column, candidate in enumerate(candidates):
        order = np.lexsort((name, -weighted(scores, candidate), symbol, session))
        first = np.ones(len(order), dtype=bool)
        first[1:] = (np.diff(session[order]) != 0) | (np.diff(symbol[order]) != 0)
        picked = order[first]
        picked = picked[(matured[picked] >= 0) & np.isfinite(profit[picked])]
        at = np.searchsorted(places, matured[picked])
        # bincount adds row after row: a session's sum does not depend on the others.
        total = np.bincount(at, weights=profit[picked], minlength=len(places))
        with np.errstate(invalid="ignore"):
            rewards[:, column] = total / np.bincount(at, minlength=len(places))
    return places, rewards


def belief(rewards: tuple[NDArray[np.int64], Floats], asked: NDArray[np.int64], policy: Policy) -> Belief:
    """What is believed as of the sessions at these places of the calendar.

    Differences d from the static candidate, n of them in the window, have mean m and variance v. As neighbouring
    outcomes overlap, n counts as n / overlap. Under a normal prior around 0 with deviation s the belief is normal
    with precision p = n / (overlap v) + 1 / s**2, mean (n / (overlap v)) m / p and deviation 1 / sqrt(p).
    """
    places, returned = rewards
    count, total = _windowed(places, returned, asked, policy.window_sessions)
    difference = returned - returned[:, :1]
    pairs, summed = _windowed(places, difference, asked, policy.window_sessions)
    _, squares = _windowed(places, difference * difference, asked, policy.window_sessions)
    with np.errstate(invalid="ignore", divide="ignore"):
        static = np.where(count[:, 0] > 0, total[:, 0] / count[:, 0], 0.0)
        mean = np.where(pairs > 0, summed / pairs, 0.0)
        variance = np.maximum(squares / pairs - mean * mean, 0.0) * (pairs / (pairs - 1.0))
        known = np.where(pairs > 1, pairs / (policy.overlap_sessions * variance), 0.0)
    known = np.minimum(known, 1e12)  # candidates that never picked differently are known not to differ
    precision = known + 1.0 / (policy.prior_sd_pct * policy.prior_sd_pct)
    deviation = 1.0 / np.sqrt(precision)
    deviation[:, 0] = 0.0  # the static one differs from itself by nothing, for certain
    return Belief(count[:, 0].astype(np.int64), static, known * mean / precision, deviation)


def _windowed(
    places: NDArray[np.int64], values: Floats, asked: NDArray[np.int64], window: int
) -> tuple[Floats, Floats]:
    """How many values the window up to each asked place holds, and their sum, added oldest first."""
    count = np.zeros((len(asked), values.shape[1]))
    total = np.zeros_like(count)
    if not len(places):
        return count, total
    for back in range(window - 1, -1, -1):
        at = np.minimum(np.searchsorted(places, asked - back), len(places) - 1)
        there = (places[at] == asked - back)[:, None] & np.isfinite(values[at])
        count += there
        total += np.where(there, values[at], 0.0)
    return count, total


def _row(session: date, at: int, believed: Belief, vendor: str, policy: Policy) -> dict[str, object]:
    import json

    names = list(policy.candidates)
    enough = believed.observed_sessions[at] >= policy.least_sessions
    drawn = [_draw(vendor, session, name) for name in names]
    thought = believed.difference_pct[at] + believed.deviation_pct[at] * np.array(drawn)
    chosen = int(np.argmax(thought)) if enough else 0
    told = {
        name: {"difference_pct": float(believed.difference_pct[at, n]), "drawn_pct": float(thought[n])}
        for n, name in enumerate(names)
    }
    return {
        "session": session,
        "candidate": names[chosen],
        **dict(zip(PARTS, policy.candidates[names[chosen]].parts, strict=True)),
        "expected_reward_pct": float(believed.static_mean_pct[at] + believed.difference_pct[at, chosen]),
        "observed_sessions": int(believed.observed_sessions[at]),
        "candidates_json": json.dumps(told if enough else {}),
        "available_at": as_of(session),
    }


def _draw(vendor: str, session: date, candidate: str) -> float:
    """A standard normal draw that is the same whenever it is made: from a hash, not from a generator's stream."""
    from statistics import NormalDist

    drawn = int(natural_id("draw", vendor, session, candidate)[:_DIGITS], 16)
    return NormalDist().inv_cdf((drawn + 0.5) / 16**_DIGITS)


def _joined(butterflies: "pa.Table", outcomes: "pa.Table") -> tuple[NDArray[np.int64], Floats]:
    """By butterfly: the place of the session in which it matured (-1 when not yet), and its profit (nan for none)."""
    import pyarrow.compute as pc

    at = pc.index_in(butterflies["opportunity_id"], outcomes["opportunity_id"].combine_chunks())
    at = pc.fill_null(at, -1).to_numpy()
    places = np.append([position(day) for day in outcomes["session"].to_pylist()], -1).astype(np.int64)
    profit = np.append(pc.fill_null(outcomes["profit_pct"], np.nan).to_numpy(), np.nan)
    return places[at], profit[at]


def _coded(butterflies: "pa.Table", column: str) -> NDArray[np.int64]:
    """A column's values by their rank: numbers sort faster than text."""
    import pyarrow.compute as pc

    values = butterflies[column].combine_chunks()
    known = values.unique()
    ranks = pc.index_in(values, known.take(pc.array_sort_indices(known)))
    return np.asarray(ranks.to_numpy(), dtype=np.int64)
