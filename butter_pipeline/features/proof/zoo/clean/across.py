"""Clean: functions over many symbols, versions and events that keep to what was known.

What belongs here: cross sections of one session, grouping by symbol, rows as of a moment. What does not: one symbol's
bars (`trailing`).
"""

from typing import Any

import numpy as np


def filled_within(panel: Any) -> Any:
    """Missing closes filled forward within the symbol."""
    return panel.groupby("symbol")["close"].ffill()


def lagged_within(panel: Any) -> Any:
    """Yesterday's close within the symbol."""
    return panel.groupby("symbol")["close"].shift(1) / panel["close"]


def ranked_today(panel: Any) -> Any:
    """The rank of the volume among the session's symbols."""
    return panel.groupby("session")["volume"].rank(pct=True)


def z_score_today(panel: Any) -> Any:
    """A z-score over the session's symbols."""
    by_session = panel.groupby("session")["close"]
    return (panel["close"] - by_session.transform("mean")) / by_session.transform("std")


def members_of_yesterday(panel: Any) -> Any:
    """Returns of symbols that traded yesterday, less their mean."""
    returns = panel.groupby("symbol")["close"].pct_change(fill_method=None)
    return returns - returns.groupby(panel["session"]).transform("mean")


def most_traded_so_far(panel: Any) -> Any:
    """Whether a symbol is among the three that were traded most until today."""
    so_far = panel.groupby("symbol")["volume"].cumsum()
    return so_far.groupby(panel["session"]).rank(ascending=False) <= 3


def leader_of_today(panel: Any) -> Any:
    """The return of the first symbol in the same session, beside every symbol."""
    returns = panel.groupby("symbol")["close"].pct_change(fill_method=None)
    mine = panel["symbol"] == "AAPL"
    return panel["session"].map(returns[mine].set_axis(panel.loc[mine, "session"]))


def rolling_within(panel: Any) -> Any:
    """A rolling mean within the symbol, put back by its index."""
    return panel.groupby("symbol")["close"].rolling(5).mean().reset_index(level=0, drop=True)


def pivoted(panel: Any) -> Any:
    """Returns less the session's mean, by way of a table of symbols."""
    table = panel.pivot_table(index="session", columns="symbol", values="close")
    returns = table.pct_change(fill_method=None)
    return returns.sub(returns.mean(axis=1), axis=0)


def wide_forward_filled(wide: Any) -> Any:
    """Closes filled forward, ranked across symbols."""
    return wide.ffill().pct_change(5, fill_method=None).rank(axis=1)


def pivoted_forward_filled(panel: Any) -> Any:
    """Changes of a table filled forward alone; where there is none, 0."""
    table = panel.pivot(index="session", columns="symbol", values="close")
    return table.ffill().pct_change(5, fill_method=None).fillna(0.0)


def pivoted_above_average(panel: Any) -> Any:
    """1 where a symbol is above its average of 20 sessions, 0 where it is not or has none yet."""
    table = panel.pivot(index="session", columns="symbol", values="close")
    return (table > table.rolling(20).mean()).astype(float)


def breadth(wide: Any) -> Any:
    """The share of symbols above their average of 20 sessions."""
    return (wide > wide.rolling(20).mean()).sum(axis=1) / wide.notna().sum(axis=1)


def breadth_of_columns(wide: Any) -> Any:
    """The share of all columns above their average, those without a row yet among them."""
    return (wide > wide.rolling(50).mean()).mean(axis=1)


def first_version(panel: Any) -> Any:
    """The first version of every row, which is the one that was known that day."""
    ordered = panel.sort_values(["symbol", "session", "available_at"])
    return ordered.drop_duplicates(["symbol", "session"], keep="first")["close"]


def asked_as_of(panel: Any, as_of: Any) -> Any:
    """The last close that was known at a moment."""
    known = panel[panel["available_at"] <= as_of].sort_values(["session", "available_at"])
    return known.groupby("symbol")["close"].last()


def days_to_announced(df: Any, events: Any) -> Any:
    """Days until the next event among those that had been announced by the session's close."""
    close = (df.index + np.timedelta64(16, "h")).tz_localize("America/New_York").tz_convert("UTC").to_numpy()
    day, announced = events["event_date"].to_numpy(), events["announced_at"].to_numpy()
    today = df.index.to_numpy()[:, None]
    ahead = np.where((announced <= close[:, None]) & (day >= today), (day - today) / np.timedelta64(1, "D"), np.inf)
    nearest = ahead.min(axis=1, initial=np.inf)
    return np.where(np.isfinite(nearest), nearest, np.nan)
