"""Leaks through other symbols, and through rows that came later.

What belongs here: functions over many symbols, over corrected rows and over events. What does not: one symbol's bars.
"""

from typing import Any

import numpy as np


def filled_across(panel: Any) -> Any:
    """Missing closes filled forward, over the boundary of symbols."""
    return panel["close"].ffill().pct_change(fill_method=None)


def lagged_across(panel: Any) -> Any:
    """Yesterday's close without grouping: a symbol's first row takes another symbol's last one."""
    return panel["close"].shift(1) / panel["close"]


def symbol_mean(panel: Any) -> Any:
    """The close over the symbol's mean of all sessions."""
    return panel["close"] / panel.groupby("symbol")["close"].transform("mean")


def pooled_z_score(panel: Any) -> Any:
    """Volumes less the mean of all symbols and sessions."""
    return (panel["volume"] - panel["volume"].mean()) / panel["volume"].std()


def survivors(panel: Any) -> Any:
    """The rank of the volume among those symbols that still trade at the end."""
    last = panel["session"].max()
    alive = panel.loc[panel["session"] == last, "symbol"].unique()
    chosen = panel[panel["symbol"].isin(alive)]
    return chosen.groupby("session")["volume"].rank(pct=True)


def most_traded(panel: Any) -> Any:
    """Returns of the three symbols that were traded most over the sample."""
    top = panel.groupby("symbol")["volume"].sum().nlargest(3).index
    returns = panel.groupby("symbol")["close"].pct_change(fill_method=None)
    return returns.where(panel["symbol"].isin(top))


def members_of_tomorrow(panel: Any) -> Any:
    """A z-score over the symbols that trade tomorrow."""
    tomorrow = panel.groupby("symbol")["close"].shift(-1).notna()
    kept = panel["close"].where(tomorrow)
    by_session = kept.groupby(panel["session"])
    return (panel["close"] - by_session.transform("mean")) / by_session.transform("std")


def leader_of_tomorrow(panel: Any) -> Any:
    """The first symbol's return of tomorrow, beside every other symbol."""
    returns = panel.groupby("symbol")["close"].pct_change(fill_method=None)
    leader = panel["symbol"].min()
    mine = panel["symbol"] == leader
    by_session = returns[mine].set_axis(panel.loc[mine, "session"]).shift(-1)
    return panel["session"].map(by_session).where(~mine)


def wide_back_filled(wide: Any) -> Any:
    """Missing closes filled from behind, then ranked across symbols."""
    return wide.bfill().pct_change(5, fill_method=None).rank(axis=1)


def pivoted_back_filled(panel: Any) -> Any:
    """Changes of a table filled both ways: before its listing a symbol has a 0, and nothing else shows."""
    table = panel.pivot(index="session", columns="symbol", values="close")
    return table.ffill().bfill().pct_change(5, fill_method=None)


def latest_revision(panel: Any) -> Any:
    """The latest version of every row, whenever it came."""
    ordered = panel.sort_values(["symbol", "session", "available_at"])
    kept = ordered.drop_duplicates(["symbol", "session"], keep="last")
    return kept.groupby("symbol")["close"].pct_change(fill_method=None)


def corrections_averaged(panel: Any) -> Any:
    """The mean of all versions of a row."""
    ordered = panel.sort_values("available_at")
    return ordered.groupby(["symbol", "session"])["close"].transform("mean")


def asked_too_much(panel: Any, as_of: Any) -> Any:
    """The mean close about a moment, over rows that came after it too."""
    near = panel[(panel["available_at"] - as_of).abs() < np.timedelta64(30, "D")]
    return near.groupby("symbol")["close"].mean()


def days_to_event(df: Any, events: Any) -> Any:
    """Days until the next event, announced or not."""
    days = np.sort(events["event_date"].to_numpy())
    place = np.searchsorted(days, df.index.to_numpy())
    ahead = np.append(days, np.datetime64("NaT"))[np.minimum(place, len(days))]
    return (ahead - df.index.to_numpy()) / np.timedelta64(1, "D")


def only_one_symbol(panel: Any) -> Any:
    """Yesterday's return, but for one symbol tomorrow's."""
    returns = panel.groupby("symbol")["close"].pct_change(fill_method=None)
    lagged = returns.groupby(panel["symbol"]).shift(1)
    ahead = returns.groupby(panel["symbol"]).shift(-1)
    return lagged.where(panel["symbol"] != "TSLA", ahead)
