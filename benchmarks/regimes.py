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
    from butter_pipeline.market.simulator.world import World

SEEDS = range(201, 301)
LEAST_AGREED = 0.75
FIRST, LAST, BREAKS = date(2023, 11, 1), date(2026, 10, 30), date(2026, 7, 1)
LATE_SESSIONS = 500
KEPT_SEEDS = 40


def told_and_true(seed: int) -> tuple["np.typing.NDArray[np.float64]", "Integers"]:
    """The likeliest regime of every session of three years, NaN before there is one, and the true state."""
    import pyarrow.compute as pc

    from butter_pipeline.features.compute import compute
    from butter_pipeline.market.sessions import sessions_between
    from butter_pipeline.market.simulator.path import simulate
    from butter_pipeline.market.vendors.simulated import SimulatedVendor

    sessions, world = sessions_between(FIRST, LAST), _world(seed)
    vendor = SimulatedVendor(world, timedelta(minutes=15))
    bars = vendor.bars(sessions)
    index = bars.filter(pc.equal(bars["symbol"], world.index_symbol))
    told = compute("regimes", {"bars": index, "context": vendor.context(sessions)}, sessions)
    true = simulate(world, sessions).regime
    return told["regime_state"].to_numpy(), true


def kept_names(seed: int) -> float:
    """The share of a fit's sessions that have the same name by the fit of the month before, in the mean over months."""
    import numpy as np

    from butter_pipeline.features.families.regimes.hidden import MARKET_STATES
    from butter_pipeline.features.families.regimes.naming import STATES
    from butter_pipeline.features.families.regimes.states import SERIES, columns
    from butter_pipeline.features.transforms import month_begins
    from butter_pipeline.features.windows import places
    from butter_pipeline.market.sessions import sessions_between
    from butter_pipeline.market.vendors.simulated import SimulatedVendor

    sessions = sessions_between(FIRST, LAST)
    context = SimulatedVendor(_world(seed), timedelta(minutes=15)).context(sessions).to_pandas()
    told = [context[context["series"] == name.partition(".")[2]]["value"].to_numpy()[:, None] for name in SERIES]
    where = places(sessions)
    rows = np.stack([each[1:, 0] for each in columns(told, where[:, None])], axis=1)
    begins = sorted({month_begins(int(place)) for place in where[1:]} - {int(where[0])})
    ends = [begin - int(where[1]) for begin in begins]
    samples = [
        rows[max(end - MARKET_STATES.sample_sessions, 0) : end] for end in ends if end >= MARKET_STATES.least_rows
    ]
    laws = [MARKET_STATES.fit(sample) for sample in samples]
    shares = []
    for law, later, sample in zip(laws, laws[1:], samples[1:], strict=False):
        named = [MARKET_STATES.apply(each, sample)[:, : len(STATES)].argmax(axis=1) for each in (law, later)]
        shares.append(np.mean(named[0] == named[1]))
    return float(np.mean(shares))


def _world(seed: int) -> "World":
    from butter_pipeline import configs
    from butter_pipeline.market.simulator.world import world_from_config

    world = world_from_config(configs.load("simulator").values)
    return world.with_(seed=seed, first_session=FIRST, break_session=BREAKS)


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
    kept = mean(kept_names(seed) for seed in SEEDS[:KEPT_SEEDS])
    centre, half = mean(every), 1.96 * stdev(every) / len(every) ** 0.5
    return Result.alone(
        claim="regimes agree with the simulated market's true state in at least 75 % of sessions out of sample",
        workload=f"{100.0 * centre:.1f} % in the mean over {len(every)} markets of three years, 95 % interval "
        f"{100.0 * (centre - half):.1f} to {100.0 * (centre + half):.1f} %; {100.0 * mean(late):.1f} % after the "
        f"first {LATE_SESSIONS} sessions; {100.0 * kept:.1f} % of sessions keep their name with the next month's fit; "
        "seconds of one market",
        seconds=seconds,
        limit=float("inf"),
    ).only_if(centre >= LEAST_AGREED)
