"""What later sessions are compared with: a year of the matrix up to a month's end, and thresholds that fit its past.

What belongs here: references, and the calibration of their thresholds. What does not: comparing (`report`).

References stand at the months' last sessions, where models are trained by schedule. A vintage that an alert asked
for has none of its own: it comes from reports, and reports must be the same session by session and over a range.

Ordinary features wander. So a threshold is set by what happened before: windows of the year before the cut-off,
each against the year that came before it and as far apart as use ever has them, a whole window. The largest of
those distances, but at least a stated one, times a safety factor.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from butter_pipeline.drift.own import Floats, Own, Scale, scale, sessions_with_values
from butter_pipeline.drift.plan import Plan
from butter_pipeline.market.sessions import next_session, position, sessions_between


@dataclass(frozen=True)
class Reference:
    """What sessions after a cut-off are compared with; `threshold` has a column's threshold or `reason` why not."""

    vintage_session: date
    scale: Scale
    values: Floats  # [column, session, symbol], in standard deviations
    threshold: Mapping[str, float]
    reason: Mapping[str, str]


def cut_offs(first: date, last: date, history_sessions: int) -> Sequence[date]:
    """The months' last sessions that have so many sessions of history, themselves included, from `first` on."""
    history = sessions_between(first, last)[max(history_sessions - 1, 0) :]
    return [session for session in history if next_session(session).month != session.month]


def references(own: Own, cut_off_sessions: Iterable[date], plan: Plan) -> Mapping[date, Reference]:
    """The references of these cut-offs; `own` must reach `plan.lookback_sessions` back where the market does."""
    past: dict[int, Mapping[str, float]] = {}
    return {cut_off: _reference(own, cut_off, plan, past) for cut_off in cut_off_sessions}


def _reference(own: Own, cut_off: date, plan: Plan, past: dict[int, Mapping[str, float]]) -> Reference:
    stop = max(own.place(cut_off) + 1, 0)
    start = max(stop - plan.reference_sessions, 0)
    found = scale(own, start, stop)
    values = found.standardised(own, start, stop)
    ends = [end for end in range(start, stop) if position(own.sessions[end]) % plan.calibration.every_sessions == 0]
    for end in ends:
        if end not in past:
            past[end] = _distances_from_past(own, end, plan)
    threshold, reason = {}, {}
    for place, column in enumerate(own.columns):
        calibrated = [past[end][column] for end in ends if column in past[end]]
        why_not = _why_not(own, place, (start, stop), values[place], plan)
        if why_not:
            reason[column] = why_not
        elif not calibrated:
            reason[column] = f"the history before {cut_off} is too short to calibrate a threshold"
        else:
            threshold[column] = plan.calibration.safety * max(plan.calibration.least_distance, *calibrated)
    return Reference(cut_off, found, values, threshold, reason)


def _why_not(own: Own, place: int, span: tuple[int, int], values: Floats, plan: Plan) -> str | None:
    """Why a column has no reference, if it has none."""
    if own.columns[place] in own.missing:
        return "the matrix has no such column"
    raw = own.values[place, span[0] : span[1]]
    if not np.any(np.isfinite(raw)):
        return "no values in the reference"
    if not np.any(np.isfinite(values)):
        return "constant in the reference"
    share_pct = 100.0 * np.count_nonzero(np.isfinite(values)) / values.size
    if share_pct < plan.usable_pct:
        return f"{share_pct:.0f} % of the reference's values can be used, {plan.usable_pct:g} % must be"
    return None


def _distances_from_past(own: Own, end: int, plan: Plan) -> Mapping[str, float]:
    """How far the window that ends there was from what lay before it, by column with enough history."""
    from butter_pipeline.drift.distance import distance, sample

    turn = end + 1 - plan.window_sessions
    start = max(turn - plan.reference_sessions, 0)
    if turn <= start:
        return {}
    before = scale(own, start, turn)
    base, window = before.standardised(own, start, turn), before.standardised(own, turn, end + 1)
    long_enough = sessions_with_values(own.values[:, start:turn]) >= plan.calibration.history_sessions
    distances = {}
    for place, column in enumerate(own.columns):
        there = np.count_nonzero(np.isfinite(window[place]))
        if long_enough[place] and 100.0 * there >= plan.usable_pct * window[place].size:
            distances[column] = distance(plan.method, sample(base[place]), sample(window[place]))
    return distances
