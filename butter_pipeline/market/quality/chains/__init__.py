"""Rules that hold quotes against the underlying's bar and against each other.

What belongs here: conditions between a chain's rows, or between chain and bars, a module for each kind. What does not:
conditions within one quote (`rules`).
"""

from butter_pipeline.market.quality.chains import arbitrage, contracts, parity, quotes, underlying
from butter_pipeline.market.quality.rows import Rows
from butter_pipeline.market.quality.verdict import Expectation, Notes

__all__ = ["judge_chains"]


def judge_chains(rows: Rows, expectation: Expectation) -> Notes:
    """Judge quotes: first whether they are these contracts' at all, then whether their prices can stand together."""
    notes = Notes()
    if not len(rows):
        return notes
    thresholds = expectation.thresholds
    if expectation.closes is not None:
        held = underlying.closes_of(rows, expectation.closes)
        underlying.reject_stale(rows, held)
        underlying.reject_far(rows, held, thresholds)
        notes.remarks.update(underlying.violent(held, thresholds))
    underlying.reject_stray(rows, thresholds)
    contracts.reject_strikes_in_another_unit(rows)
    parity.reject_swapped_rights(rows, thresholds)
    arbitrage.reject_out_of_bounds(rows, thresholds)
    contracts.flag_odd_contracts(rows)
    notes.block(parity.flag_parity(rows, thresholds))
    notes.block(arbitrage.flag_verticals_and_butterflies(rows, thresholds))
    notes.block(arbitrage.flag_calendars(rows, thresholds))
    for session, remark in quotes.flag_spreads(rows, thresholds).items():
        notes.remarks.setdefault(session, remark)
    quotes.flag_vendor_iv(rows, thresholds)
    return notes
