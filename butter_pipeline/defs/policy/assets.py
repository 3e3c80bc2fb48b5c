"""The policy as an asset: the analyzer's weights that the learned arm uses, session by session.

What belongs here: the asset, a call of `policy.bandit` and its description. What does not: how weights are chosen.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

import dagster as dg

from butter_pipeline import configs
from butter_pipeline.defs.derived import UNCHECKED, Stage, looks_back
from butter_pipeline.defs.resources import House
from butter_pipeline.derivation import ROWS, Product
from butter_pipeline.labels.frames import BUTTERFLY_OUTCOMES
from butter_pipeline.market.sessions import offset
from butter_pipeline.opportunities.frames import BUTTERFLIES
from butter_pipeline.policy.frames import WEIGHTS

if TYPE_CHECKING:
    import pyarrow as pa

READS = (BUTTERFLIES, BUTTERFLY_OUTCOMES)
STAGE = Stage("policy", ("butter_pipeline.policy",), ("policy", "opportunities"))
PRODUCT = Product(WEIGHTS, ROWS, beneath=tuple(frame.asset for frame in READS), reads=READS, at_once=True)

WINDOW_SESSIONS = configs.value("policy", "window_sessions", int)
HELD_SESSIONS = configs.value("policy", "overlap_sessions", int)
DEPS = (
    looks_back(BUTTERFLY_OUTCOMES.asset, WINDOW_SESSIONS - 1),
    looks_back(BUTTERFLIES.asset, WINDOW_SESSIONS - 1 + HELD_SESSIONS),
)


@dg.asset(**STAGE.asset(PRODUCT, deps=DEPS, check_specs=UNCHECKED))
def weights(context: dg.AssetExecutionContext, house: House) -> dg.MaterializeResult:
    """Weights of the analyzer's four scores for the learned arm, by Thompson sampling over a few candidates.

    The static weights stand until enough outcomes have matured. Must not see: an outcome that matures after the
    session, or a correction that arrived after it settled.
    """
    from butter_pipeline.policy import bandit
    from butter_pipeline.policy.weightings import weighting_of

    reader = house.reader()
    static = weighting_of(configs.value("opportunities", "weights", dict), "opportunities.yml: weights")
    policy = bandit.policy_from_config(configs.load("policy").values, static)

    def make(sessions: Sequence[date], as_of: datetime) -> "pa.Table":
        matured = offset(sessions[0], 1 - WINDOW_SESSIONS), sessions[-1]
        found = offset(matured[0], -HELD_SESSIONS), sessions[-1]
        butterflies, outcomes = (reader.read(f, s, as_of) for f, s in zip(READS, (found, matured), strict=True))
        return bandit.weights(butterflies, outcomes, sessions, reader.vendor, policy)

    return STAGE.make(context, house, PRODUCT, make)
