"""Dates of the company: how long ago the last ex-dividend date and the last earnings were, and when the next are due.

What belongs here: sessions since and until what a company does at its own rhythm. What does not: dates that all symbols
share (`calendar`).

Known are the dates that have come (`market/actions`); what a vendor announces ahead is kept when its session comes. So
the next one is due as long after the last as they were apart on average within 252 sessions. A symbol of which no such
date is known, or one alone where a rhythm is needed, has nulls. A date on which the symbol was halted, or had no bar
that can be used, stands with its next row and is counted from where it was.
"""

import numpy as np

from butter_pipeline.features.registry import Floats, feature
from butter_pipeline.features.windows import View

EX_DIVIDEND, EARNINGS = "actions.dividend", "actions.earnings"
ROWS = 252
SESSIONS = (0.0, 262.0)


@feature((EX_DIVIDEND,), ROWS, "sessions", SESSIONS, 1, formula="sessions_since", events=("actions",))
def sessions_since_ex_dividend(view: View) -> Floats:
    """How many sessions ago the stock last traded without its dividend for the first time; 0 on that session.

    Place of the session less that of the last ex-dividend session. Source: Elton and Gruber (1970), Review of Economics
    and Statistics 52(1).
    """
    return _since(view, EX_DIVIDEND)


@feature((EX_DIVIDEND,), ROWS, "sessions", SESSIONS, 1, events=("actions",))
def sessions_to_ex_dividend(view: View) -> Floats:
    """How many sessions until the next ex-dividend date is due by the rhythm of those before; 0 when overdue.

    max(mean gap - sessions since the last, 0), the gaps within 252 sessions. Source: Hartzmark and Solomon (2013),
    Journal of Financial Economics 109(3).
    """
    return _until(view, EX_DIVIDEND)


@feature((EARNINGS,), ROWS, "sessions", SESSIONS, 1, formula="sessions_since", events=("actions",))
def sessions_since_earnings(view: View) -> Floats:
    """How many sessions ago earnings were first traded on; 0 on that session.

    Place of the session less that of the last earnings. Source: Bernard and Thomas (1989), Journal of Accounting
    Research 27.
    """
    return _since(view, EARNINGS)


@feature((EARNINGS,), ROWS, "sessions", SESSIONS, 1, events=("actions",))
def sessions_to_earnings(view: View) -> Floats:
    """How many sessions until the next earnings are due by the rhythm of those before; 0 when overdue.

    max(mean gap - sessions since the last, 0), the gaps within 252 sessions. Source: Frazzini and Lamont (2007), NBER
    Working Paper 13090.
    """
    return _until(view, EARNINGS)


def _since(view: View, kind: str) -> Floats:
    last = _places(view, kind).max(axis=0)
    return np.where(last >= 0.0, view.place - last, np.nan)


def _until(view: View, kind: str) -> Floats:
    places = _places(view, kind)
    count, last = (places >= 0.0).sum(axis=0), places.max(axis=0)
    first = np.where(places >= 0.0, places, np.inf).min(axis=0)
    gap = (last - first) / np.maximum(count - 1, 1)
    return np.where(count > 1, np.maximum(gap - (view.place - last), 0.0), np.nan)


def _places(view: View, kind: str) -> Floats:
    """By row, the calendar place of the date that stands with it; -1 where none does, or it is beyond the look-back."""
    places = view.places - (view[kind] - 1.0)
    return np.where(places > view.place - ROWS, places, -1.0)
