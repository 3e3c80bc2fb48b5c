"""When things run by themselves: what schedules and sensors share.

What belongs here: moments and ranges, the tags with which a range is asked for, and conditions. What does not: the
schedules, which stand with the stage that they run.
"""

from collections.abc import Sequence
from datetime import date

import dagster as dg

# Dagster's own names for "all partitions from .. to, in one run".
RANGE_START_TAG = "dagster/asset_partition_range_start"
RANGE_END_TAG = "dagster/asset_partition_range_end"

AFTER_CLOSE_CRONS = ("30 17 * * 1-5", "0 19 * * 1-5")
"""Half an hour after a full session has settled, New York time, and once more when the evening's models stand."""


def range_tags(first: date, last: date) -> dict[str, str]:
    """The tags of a run over the sessions from `first` to `last`."""
    return {RANGE_START_TAG: first.isoformat(), RANGE_END_TAG: last.isoformat()}


def yearly_ranges(sessions: Sequence[date], every: Sequence[date]) -> list[tuple[date, date]]:
    """The fewest ranges that cover `sessions`, nothing else of `every`, and no turn of a year.

    >>> days = [date(2023, 12, 28), date(2023, 12, 29), date(2024, 1, 2), date(2024, 1, 3), date(2024, 1, 4)]
    >>> [(str(a), str(b)) for a, b in yearly_ranges([*days[:3], days[4]], days)]
    [('2023-12-28', '2023-12-29'), ('2024-01-02', '2024-01-02'), ('2024-01-04', '2024-01-04')]
    """
    place = {session: number for number, session in enumerate(every)}
    ranges: list[tuple[date, date]] = []
    for session in sorted(sessions):
        if ranges and place[session] == place[ranges[-1][1]] + 1 and session.year == ranges[-1][1].year:
            ranges[-1] = (ranges[-1][0], session)
        else:
            ranges.append((session, session))
    return ranges


def follows_what_is_made_by_itself() -> dg.AutomationCondition:
    """Make a session again once something beneath it was made without it, and all beneath it is at rest.

    Schedules and backfills make a session together with everything on top of it, which is no news. A person who makes
    one asset again in the UI, a released session, a source that was mended: then what shows it must follow. Only for
    what people look at: what trades is made in its turn, by `after_close`. A blocked session is news as well, so
    checks do not hold it back.
    """
    news = dg.AutomationCondition.any_deps_updated().since_last_handled()
    at_rest = ~dg.AutomationCondition.any_deps_in_progress() & ~dg.AutomationCondition.in_progress()
    return (news & at_rest).with_label("something beneath was made by itself")
