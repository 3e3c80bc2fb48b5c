"""Claim: regimes are the simulated market's true states in at least three of four sessions out of sample.

What belongs here: markets of other seeds, told apart session by session by what was fitted on earlier months, beside
the true states that no table carries. What does not: how states are found and named (`features.families.regimes`).
"""

import time
from datetime import date, timedelta
from statistics import mean, stdev
from typing import TYPE_CHECKING

from benchmarks.measure import Result

if TYPE_CHECKING:
    import numpy as np

    from butter_pipeline.features.registry import Integers

SEEDS = range(201, 301)
LEAST_AGREED = 0.75
FIRST, LAST, BREAKS = date(2023, 11, 1), date(2026, 10, 30), date(2026, 7, 1)
LATE_SESSIONS = 500


def told_and_true(seed: int) -> tuple["np.typing.NDArray[np.float64]", "Integers"]:
    """The likeliest regime of every session of three years, NaN before there is one, and the true state."""
    import pyarrow.compute as pc

    from butter_pipeline import configs
    from butter_pipeline.features.compute import compute
    from butter_pipeline.market.sessions import sessions_between
    from butter_pipeline.market.simulator.path import simulate
    from butter_pipeline.market.simulator.world import world_from_config
    from butter_pipeline.market.vendors.simulated import SimulatedVendor

    sessions = sessions_between(FIRST, LAST)
    world = world_from_config(configs.load("simulator").values)
    world = world.with_(seed=seed, first_session=FIRST, break_session=BREAKS)
    vendor = SimulatedVendor(world, timedelta(minutes=15))
    bars = vendor.bars(sessions)
    index = bars.filter(pc.equal(bars["symbol"], world.index_symbol))
    told = compute("regimes", {"bars": index, "context": vendor.context(sessions)}, sessions)
    true = simulate(world, sessions).regime
    return told["regime_state"].to_numpy(), true


def agreed(seed: int) -> tuple[float, float]:
    """The share of sessions whose regime is the true state: of all that have one, and of the late ones."""
    import numpy as np

    told, true = told_and_true(seed)
    known, late = np.isfinite(told), np.arange(len(told)) >= LATE_SESSIONS
    return float(np.mean(told[known] == true[known])), float(np.mean(told[late] == true[late]))


def measure() -> Result:
    """Every market once; the mean over them with its 95 % interval."""
    shares, seconds = [], []
    for seed in SEEDS:
        began = time.perf_counter()
        shares.append(agreed(seed))
        seconds.append(time.perf_counter() - began)
    every, late = [share for share, _ in shares], [share for _, share in shares]
    centre, half = mean(every), 1.96 * stdev(every) / len(every) ** 0.5
    return Result.alone(
        claim="regimes agree with the simulated market's true state in at least 75 % of sessions out of sample",
        workload=f"{100.0 * centre:.1f} % in the mean over {len(every)} markets of three years, 95 % interval "
        f"{100.0 * (centre - half):.1f} to {100.0 * (centre + half):.1f} %; {100.0 * mean(late):.1f} % after the "
        f"first {LATE_SESSIONS} sessions; seconds of one market",
        seconds=seconds,
        limit=float("inf"),
    ).only_if(centre >= LEAST_AGREED)
