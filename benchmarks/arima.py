"""Claim: ARIMA(1,0,1) fitted and forecast at least 10 times as fast as by statsforecast, with the same forecasts.

Ours takes every series on as many threads as there are cores; the peer gets as many jobs. The peer is measured on a
part of the series and counted per fit. No time counts unless forecasts agree within 1e-4 of the series' deviation, or
ours is the likelier law.
"""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import Result
from benchmarks.peers import Peer
from benchmarks.volatility_models import ours, with_memory

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

LEAST_TIMES = 10.0
SERIES, LENGTH, AHEAD = 10_000, 500, 7
PEER_FITS, RUNS = 1000, 3
CLOSE = 1e-4
PEER = Peer(
    "statsforecast", python="3.11", requirements=("statsforecast==2.0.1", "numpy<2.5", "pandas<3", "scipy<1.18")
)
SCRIPT = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
import numpy as np, pandas as pd
from statsforecast import StatsForecast
from statsforecast.models import ARIMA
values, count, ahead, jobs = np.load(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
chosen = values[:: len(values) // count][:count]
def table(rows):
    return pd.DataFrame({"unique_id": np.repeat([f"{n:05}" for n in range(len(rows))], rows.shape[1]),
                         "ds": np.tile(np.arange(rows.shape[1]), len(rows)), "y": rows.ravel()})
StatsForecast([ARIMA(order=(1, 0, 1))], freq=1, n_jobs=1).forecast(df=table(chosen[:2]), h=ahead)
whole = StatsForecast([ARIMA(order=(1, 0, 1))], freq=1, n_jobs=jobs)
frame = table(chosen)
began = time.perf_counter()
told = whole.forecast(df=frame, h=ahead)
seconds = time.perf_counter() - began
fits = [ARIMA(order=(1, 0, 1)).fit(row).model_["loglik"] for row in chosen]
print(json.dumps({"seconds": [seconds], "forecasts": told["ARIMA"].to_numpy().reshape(count, ahead).tolist(),
                  "likelihoods": [float(each) for each in fits]}))
"""
OURS = """
import json, sys, time
import numpy as np
from butter_pipeline.features.models.arima import Order, fit, forecast
values, count, ahead, runs = np.load(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
forecast(fit(Order(1, 0, 1), values[:2]), values[:2], ahead)
seconds = []
for run in range(runs):
    began = time.perf_counter()
    fits = fit(Order(1, 0, 1), values)
    told = forecast(fits, values, ahead)
    seconds.append(time.perf_counter() - began)
chosen = slice(None, None, len(values) // count)
print(json.dumps({"seconds": seconds, "forecasts": told[chosen][:count].tolist(),
                  "likelihoods": fits.log_likelihood[chosen][:count].tolist()}))
"""


def _series() -> "npt.NDArray[np.float64]":
    """Series of different laws about different means."""
    import numpy as np
    from scipy.signal import lfilter

    rng = np.random.default_rng(20240102)
    made = np.empty((SERIES, LENGTH))
    for number in range(SERIES):
        own, shock = rng.uniform(-0.9, 0.95), rng.uniform(-0.8, 0.8)
        values = lfilter([1.0, shock], [1.0, -own], rng.standard_normal(LENGTH + 200))[200:]
        made[number] = rng.uniform(-2.0, 2.0) + rng.uniform(0.01, 5.0) * values
    return made


def measure() -> Result:
    """Ours on all series, the peer on a part of them, forecasts and likelihoods compared on that part."""
    import numpy as np

    jobs = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "values.npy"
        values = _series()
        np.save(path, values)
        mine, memory = ours(OURS, path, PEER_FITS, AHEAD, RUNS)
        theirs = PEER.run(SCRIPT, path, PEER_FITS, AHEAD, jobs)
    spread = values[:: SERIES // PEER_FITS].std(axis=1)[:, None]
    apart = np.abs(np.array(mine["forecasts"]) - np.array(theirs.answer["forecasts"])).max(axis=1) / spread[:, 0]
    lead = np.array(mine["likelihoods"]) - np.array(theirs.answer["likelihoods"])
    near, likelier = apart <= CLOSE, lead > 0.0
    equal = bool((near | likelier).all() and (lead >= -1e-6 * LENGTH).all())
    per_fit = statistics.median(theirs.answer["seconds"]) / PEER_FITS
    result = Result.against(
        claim="10,000 ARIMA(1,0,1) fits at least 10 times as fast as statsforecast, forecasts within 1e-4",
        workload=f"{SERIES:,} fits of {LENGTH} values; the peer's seconds are {PEER_FITS:,} of them, scaled per fit "
        f"({1000 * per_fit:.1f} ms); {near.mean():.1%} within 1e-4, on the others ours is the likelier law",
        peer=f"statsforecast 2.0.1, {jobs} jobs",
        pairs=[(seconds, per_fit * SERIES) for seconds in mine["seconds"]],
        limit=1.0 / LEAST_TIMES,
    )
    return with_memory(result.only_if(equal, equal=equal), memory)


if __name__ == "__main__":
    began = time.perf_counter()
    sys.stdout.write(f"{vars(measure())}\n{time.perf_counter() - began:.0f} s in all\n")
