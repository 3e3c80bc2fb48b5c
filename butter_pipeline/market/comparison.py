"""What a second vendor's rows say of a session that was just judged.

What belongs here: from two vendors' disagreement to an outcome's status and reason. What does not: the comparison
itself (`market.quality.agreement`), which vendors there are (`market.vendors`), and keeping outcomes.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from butter_pipeline.configs import value
from butter_pipeline.frame import Frame
from butter_pipeline.market.ingest import fetched
from butter_pipeline.market.quality import Agreement, Thresholds, vendors_agree
from butter_pipeline.market.quality.agreement import COMPARED
from butter_pipeline.market.vendors.protocol import VendorError
from butter_pipeline.market.vendors.second import Seconded
from butter_pipeline.store.outcomes import Outcome

if TYPE_CHECKING:
    from butter_pipeline.market.quality import Verdict
    from butter_pipeline.market.vendors.protocol import Vendor


def compared(vendor: "Vendor", frame: Frame, verdict: "Verdict", made: Sequence[Outcome]) -> Sequence[Outcome]:
    """The outcomes, with what a second vendor contradicts named in them; blocked where too few names agree.

    A second vendor that cannot deliver is named and blocks nothing.
    """
    if not isinstance(vendor, Seconded) or frame.name not in COMPARED or frame.name not in vendor.second.datasets:
        return made
    thresholds = Thresholds.from_config(value("market", "quality", dict))
    try:
        theirs = fetched(vendor.second, frame, [outcome.session for outcome in made])
    except VendorError as error:
        return [_told(outcome, f"not compared with {vendor.second.name}: {error}") for outcome in made]
    agreement = vendors_agree(frame, verdict.accepted, theirs, thresholds.vendors_apart_pct)
    return [_judged(outcome, agreement, vendor.second.name, thresholds.completeness_pct) for outcome in made]


def _judged(outcome: Outcome, agreement: Agreement, other: str, needed_pct: float) -> Outcome:
    told = agreement.told(outcome.session, other)
    if not told:
        return outcome
    blocks = outcome.status == "done" and agreement.agreeing_pct(outcome.session) < needed_pct
    return replace(_told(outcome, told), status="blocked") if blocks else _told(outcome, told)


def _told(outcome: Outcome, what: str) -> Outcome:
    return replace(outcome, reason=f"{what}; {outcome.reason}" if outcome.reason else what)
