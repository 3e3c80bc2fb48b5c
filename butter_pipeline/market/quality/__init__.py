"""Judges raw rows: good ones go on, bad ones are put aside with a reason, thin sessions are blocked.

What belongs here: rules over tables, pure and vectorised, one module per kind of rule. What does not:
fetching rows (`market.vendors`), keeping them (`store`), or thresholds (`configs/market.yml`).
"""

from butter_pipeline.market.quality.agreement import Agreement, Apart, vendors_agree
from butter_pipeline.market.quality.judge import judge
from butter_pipeline.market.quality.rows import MalformedTableError
from butter_pipeline.market.quality.thresholds import Thresholds
from butter_pipeline.market.quality.verdict import Expectation, SessionVerdict, Verdict

__all__ = [
    "Agreement",
    "Apart",
    "Expectation",
    "MalformedTableError",
    "SessionVerdict",
    "Thresholds",
    "Verdict",
    "judge",
    "vendors_agree",
]
