"""Pictures of coverage: which sessions are missing or blocked, how complete they came, what was put aside.

What belongs here: drawing from plain values. What does not: reading them (`coverage`).
"""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import cycle
from typing import Any

from butter_pipeline.market.sessions import sessions_between

COLOURS = {
    "done": "#4c9f70",
    "released": "#4a7fb5",
    "blocked": "#e0a030",
    "failed": "#c03a3a",
    "missing": "#3b3b3b",
    "no session": "#f1f1f1",
}
"""By what a session came to; of several datasets the worst counts, which is the one named last."""

WEEKS = 54  # a year may touch so many
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri")
REASONS_SHOWN = 8


def calendar_map(statuses: Mapping[str, Mapping[date, str]], span: tuple[date, date]) -> bytes:
    """A square a session, a row a weekday, a panel a year: what the worst dataset of the session came to."""
    import numpy as np
    from matplotlib.colors import ListedColormap

    worst = worst_of(statuses, sessions_between(*span))
    years = range(span[0].year, span[1].year + 1)
    figure = _figure((11, 0.9 + 1.35 * len(years)))
    names = list(COLOURS)
    counts = {name: sum(status == name for status in worst.values()) for name in names[:-1]}
    for axes, year in zip(np.atleast_1d(figure.subplots(len(years), 1)), years, strict=True):
        squares = np.full((len(WEEKDAYS), WEEKS), float(names.index("no session")))
        for session, status in worst.items():
            if session.year == year:
                squares[session.weekday(), _week(session)] = names.index(status)
        axes.pcolormesh(squares, cmap=ListedColormap(list(COLOURS.values())), vmin=-0.5, vmax=5.5, edgecolors="white")
        axes.invert_yaxis()
        axes.set_yticks(np.arange(5) + 0.5, WEEKDAYS, fontsize=7)
        firsts = [date(year, month, 1) for month in range(1, 13)]
        axes.set_xticks([_week(first) for first in firsts], [f"{first:%b}" for first in firsts], fontsize=7)
        axes.set_title(str(year), loc="left", fontsize=9)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
    shown = [name for name in names[:-1] if counts[name]]
    handles = [_patch(COLOURS[name], f"{name}: {counts[name]:,}") for name in shown]
    figure.legend(handles=handles, ncols=len(shown), fontsize=8, frameon=False, loc="outside lower left")
    return _png(figure)


def completeness(percents: Mapping[str, Mapping[date, float]], least_pct: float) -> bytes:
    """How complete each dataset arrived, session by session, a panel a dataset."""
    import numpy as np

    figure = _figure((11, 0.6 + 1.6 * len(percents)))
    panels = np.atleast_1d(figure.subplots(len(percents), 1, sharex=True))
    for axes, (name, by_session) in zip(panels, percents.items(), strict=True):
        days, values = list(by_session), np.array(list(by_session.values()))
        good = values >= least_pct
        axes.fill_between(days, 0, values, step="mid", color=COLOURS["done"], alpha=0.45, linewidth=0)
        axes.vlines(np.array(days)[~good], 0, np.maximum(values[~good], 2.0), color=COLOURS["failed"], linewidth=2)
        axes.axhline(least_pct, color="black", linewidth=0.8, linestyle="--")
        told = f"{int((~good).sum())} of {len(days)} sessions below {least_pct:g} %"
        axes.set_title(f"{name}: per cent of the expected rows; {told}", loc="left", fontsize=9)
        axes.set_ylim(0, 104)
        axes.spines[["top", "right"]].set_visible(False)
    return _png(figure)


def put_aside(rows: Mapping[str, Mapping[date, int]], span: tuple[date, date]) -> bytes:
    """Rows in quarantine by month and reason: the commonest reasons by name, the others together."""
    import numpy as np
    from matplotlib import colormaps

    months = sorted({(session.year, session.month) for session in sessions_between(*span)})
    place = {month: number for number, month in enumerate(months)}
    ranked = sorted(rows, key=lambda reason: (-sum(rows[reason].values()), reason))
    figure = _figure((11, 4.2))
    axes = figure.subplots()
    floor = np.zeros(len(months))
    groups = [[reason] for reason in ranked[:REASONS_SHOWN]] + [ranked[REASONS_SHOWN:]] * (len(ranked) > REASONS_SHOWN)
    for reasons, colour in zip(groups, cycle(colormaps["tab10"](range(10))), strict=False):
        counts = np.zeros(len(months))
        for reason in reasons:
            for session, count in rows[reason].items():
                counts[place[session.year, session.month]] += count
        label = reasons[0] if len(reasons) == 1 else f"{len(reasons)} other reasons"
        axes.bar(range(len(months)), counts, bottom=floor, color=colour, label=f"{label} ({counts.sum():,.0f})")
        floor += counts
    every = max(1, len(months) // 12)
    axes.set_xticks(range(0, len(months), every), [f"{y}-{m:02d}" for y, m in months[::every]], fontsize=8)
    axes.set_title(f"Rows put aside by month and reason: {floor.sum():,.0f}", loc="left")
    axes.set_ylim(0, max(1.0, 1.05 * float(floor.max(initial=0.0))))
    axes.spines[["top", "right"]].set_visible(False)
    if groups:
        figure.legend(fontsize=8, frameon=False, loc="outside right upper")
    else:
        axes.text(0.5, 0.5, "nothing was put aside", ha="center", transform=axes.transAxes, color="grey")
    return _png(figure)


def worst_of(statuses: Mapping[str, Mapping[date, str]], sessions: Sequence[date]) -> Mapping[date, str]:
    """What the worst dataset of each session came to; one without an outcome is missing."""
    order = list(COLOURS)
    return {
        session: max((known.get(session, "missing") for known in statuses.values()), key=order.index)
        for session in sessions
    }


def _week(day: date) -> int:
    """The column of a day's week: Mondays begin one, and the first may be short."""
    return (day.timetuple().tm_yday - 1 + date(day.year, 1, 1).weekday()) // 7


def _figure(size: tuple[float, float]) -> Any:
    from matplotlib.figure import Figure

    return Figure(figsize=size, layout="constrained")


def _patch(colour: str, label: str) -> Any:
    from matplotlib.patches import Patch

    return Patch(color=colour, label=label)


def _png(figure: Any) -> bytes:
    import io

    held = io.BytesIO()
    # No software or date stamp: equal values give equal bytes.
    figure.savefig(held, format="png", dpi=80, metadata={"Software": None})
    return held.getvalue()
