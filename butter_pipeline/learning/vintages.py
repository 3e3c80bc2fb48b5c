"""Vintages: the sessions with which training is cut off, a month apart, and how far each looks back.

What belongs here: calendar arithmetic. What does not: what is fitted, and asking for a run (`defs`).
"""

from collections.abc import Sequence
from datetime import date

from butter_pipeline.learning.plan import Vintages
from butter_pipeline.market.sessions import next_session, offset, sessions_between


def monthly(first: date, last: date, plan: Vintages) -> Sequence[date]:
    """The last session of every month that is over by `last`, once there is enough history since `first`.

    >>> monthly(date(2023, 11, 1), date(2024, 12, 31), Vintages(252, 378))
    [datetime.date(2024, 10, 31), datetime.date(2024, 11, 29), datetime.date(2024, 12, 31)]
    """
    sessions = sessions_between(first, last)
    return [session for session in sessions[plan.minimum_sessions - 1 :] if is_last_of_its_month(session)]


def is_last_of_its_month(session: date) -> bool:
    """Whether the next session is of another month."""
    return next_session(session).month != session.month


def window(cutoff: date, first: date, plan: Vintages) -> tuple[date, date]:
    """The sessions in which a label must have matured to be used: the last ones up to the cut-off."""
    return max(first, offset(cutoff, 1 - plan.window_sessions)), cutoff
