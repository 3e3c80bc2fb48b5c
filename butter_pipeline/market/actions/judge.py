"""The judgement of actions: good ones go on, bad ones are put aside with a reason.

What belongs here: conditions within one action, and between two of the same key. What does not: what an action does
(`adjust`), and whether prices agree with it (`market.quality`, which knows the announced splits).

Nothing is expected of a session: most have no action at all.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from math import isfinite
from typing import Any

import pyarrow as pa

from butter_pipeline.market.frames import ACTIONS
from butter_pipeline.market.quality.verdict import SessionVerdict, Verdict, judged
from butter_pipeline.market.sessions import is_session, previous_session

KINDS = ("split", "dividend", "special_dividend", "spin_off", "roll", "earnings")
RATIO_MAX = 10_000.0


@dataclass(frozen=True)
class Beside:
    """What the vendor's bars say: closes by symbol and session, and every symbol that has bars, where that is known."""

    closes: Mapping[tuple[str, date], float] = field(default_factory=dict)
    symbols: frozenset[str] | None = None


ALONE = Beside()
"""Nothing is known of bars."""


def judge_actions(rows: pa.Table, sessions: Sequence[date], beside: Beside = ALONE) -> Verdict:
    """Every action's outcome, and every session's."""
    accepted: list[dict[str, Any]] = []
    rejected: list[dict[str, Any]] = []
    taken: dict[tuple[date, str, str, datetime], dict[str, Any]] = {}
    for row in rows.to_pylist():
        key = row["session"], row["symbol"], row["kind"], row["available_at"]
        fault = (
            next(_faults(row), None)
            or _impossible(row, beside)
            or (_repeated(row, taken[key]) if key in taken else None)
        )
        if fault is None:
            taken[key] = row
            accepted.append(row)
        else:
            rejected.append(row | {"reason": fault[0], "detail": fault[1]})
    told = judged(ACTIONS.schema)
    held = pa.Table.from_pylist(accepted, ACTIONS.schema)
    order = [(name, "ascending") for name in (*ACTIONS.key, "available_at")]
    verdicts = {session: _of_session(session, accepted, rejected) for session in sessions}
    return Verdict(held.sort_by(order), pa.Table.from_pylist(rejected, told), told.empty_table(), verdicts)


def _faults(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    kind, ratio, cash, contracts = (row[name] for name in ("kind", "ratio", "cash", "contracts"))
    if not row["symbol"]:
        yield "no symbol", "an action must name its symbol"
    if kind not in KINDS:
        yield "unknown action", f"kind must be one of {', '.join(KINDS)}, was {kind!r}"
    if not is_session(row["session"]):
        yield "not a session", f"{row['session']} is no exchange session; name the first that trades on the new basis"
    if kind == "split" and not (_is_positive(ratio) and 1.0 / RATIO_MAX <= ratio <= RATIO_MAX):
        yield "bad split ratio", f"ratio must be new shares per old one, above 0, was {ratio}"
    if contracts is not None and not (_is_positive(contracts) and float(contracts).is_integer()):
        yield "bad contracts", f"contracts must be a whole number above 0, was {contracts}"
    if kind in ("dividend", "special_dividend") and not (cash is not None and isfinite(cash) and cash >= 0.0):
        yield "bad cash", f"cash must be an amount per share, at least 0, was {cash}"
    if kind == "spin_off" and not _is_positive(cash):
        yield "spin-off without worth", f"cash must be what was given away per share, above 0, was {cash}"
    if kind == "roll" and not (row["difference"] is not None and isfinite(row["difference"])):
        yield "bad roll", f"difference must be the new contract's price less the old one's, was {row['difference']}"
    if kind == "roll" and ratio is not None and not _is_positive(ratio):
        yield "bad roll", f"ratio must be above 0, or none where a price is not, was {ratio}"


def _impossible(row: Mapping[str, Any], beside: Beside) -> tuple[str, str] | None:
    """What no share can do: pay as much as it is worth, or be split where there is none."""
    symbol, cash = row["symbol"], row["cash"]
    if row["kind"] == "split" and beside.symbols is not None and symbol not in beside.symbols:
        return "split without bars", f"symbol {symbol} has no bars: is it another one's split?"
    if cash is None or row["kind"] == "roll":
        return None
    before = previous_session(row["session"])
    close = beside.closes.get((symbol, before))
    if close is not None and close > 0.0 and cash >= close:
        return "cash above the price", f"cash {cash:g} is no less than the close of {close:g} on {before}"
    return None


def _is_positive(value: float | None) -> bool:
    return value is not None and isfinite(value) and value > 0.0


def _repeated(row: Mapping[str, Any], before: Mapping[str, Any]) -> tuple[str, str]:
    same = all(row[name] == before[name] for name in ACTIONS.values)
    said = "stands there twice" if same else "stands there with other values as well: which is right?"
    return "duplicate action", f"{row['kind']} of {row['symbol']} in {row['session']} {said}"


def _of_session(
    session: date, accepted: Sequence[Mapping[str, Any]], rejected: Sequence[Mapping[str, Any]]
) -> SessionVerdict:
    good = sum(row["session"] == session for row in accepted)
    bad = [row for row in rejected if row["session"] == session]
    reasons = sorted({row["reason"] for row in bad})
    said = f"{len(bad)} put aside: {', '.join(reasons)}" if bad else ""
    return SessionVerdict(session, 0, good, len(bad), 0, 100.0, "done", said)
