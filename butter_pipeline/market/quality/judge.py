"""The judgement of one table: which rules apply to which frame, in which order.

What belongs here: that order. What does not: any rule.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from butter_pipeline.frame import Frame
from butter_pipeline.market.quality.bars import judge_bars, judge_context
from butter_pipeline.market.quality.chains import judge_chains
from butter_pipeline.market.quality.keys import judge_keys
from butter_pipeline.market.quality.keys.stamps import judge_stamps
from butter_pipeline.market.quality.rows import Rows
from butter_pipeline.market.quality.rules import rules_of
from butter_pipeline.market.quality.schemas import apply
from butter_pipeline.market.quality.sessions import session_verdicts
from butter_pipeline.market.quality.verdict import Expectation, Notes, Verdict

if TYPE_CHECKING:
    import pyarrow as pa

_BETWEEN_ROWS: "dict[str, Callable[[Rows, Expectation], Notes]]" = {
    "bars": judge_bars,
    "chains": judge_chains,
    "context": judge_context,
}


def judge(frame: Frame, table: "pa.Table", expectation: Expectation) -> Verdict:
    """Every row's outcome and every expected session's; raises `MalformedTableError` on a wrong schema only."""
    rows = Rows(frame, table)
    judge_keys(rows, expectation)
    judge_stamps(rows, expectation)
    apply(rows, rules_of(frame.name, expectation))
    between = _BETWEEN_ROWS.get(frame.name)
    notes = between(rows, expectation) if between else Notes()
    sessions = session_verdicts(rows, expectation, notes)
    remarks = () if rows.came_in_order else ("rows out of order: they were put in the order of their key",)
    return Verdict(rows.accepted(), rows.rejected(), rows.flagged(), sessions, remarks)
