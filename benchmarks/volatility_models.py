"""Claim: GARCH(1,1) fitted at least 40 times as fast as by arch, at equal or better likelihood.

Ours fits every window on as many threads as there are cores. The peer's own loop, one fit after another as its users
write it, is measured on a part of the same windows and counted per fit: all of them would take minutes. No time counts
unless ours is at least as likely on every window that both have fitted.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.measure import ROOT, Result, machine, peak_memory
from benchmarks.peers import Peer

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

LEAST_TIMES = 40.0
SYMBOLS, WINDOWS, LENGTH, APART = 500, 50, 1000, 21
PEER_FITS, RUNS = 1000, 3
PEER = Peer("arch", python="3.11", requirements=("arch==8.0.0", "numpy<2.5", "scipy<1.18", "pandas<3.1"))
SCRIPT = """
import json, sys, time
import numpy as np
from arch import arch_model
returns, count, runs = np.load(sys.argv[1], mmap_mode="r"), int(sys.argv[2]), int(sys.argv[3])
chosen = [np.array(returns[place]) for place in range(0, len(returns), len(returns) // count)][:count]
arch_model(chosen[0], rescale=False).fit(disp="off", show_warning=False)
seconds = []
for run in range(runs):
    began = time.perf_counter()
    fits = [arch_model(each, mean="Constant", vol="GARCH", p=1, q=1, rescale=False).fit(disp="off", show_warning=False)
            for each in chosen]
    seconds.append(time.perf_counter() - began)
print(json.dumps({"seconds": seconds, "likelihoods": [fit.loglikelihood for fit in fits]}))
"""
OURS = """
import json, sys, time
import numpy as np
from butter_pipeline.features.models.volatility import Model, fit
returns, count, runs = np.load(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
fit(Model.GARCH, returns[:1])
seconds = []
for run in range(runs):
    began = time.perf_counter()
    fits = fit(Model.GARCH, returns)
    seconds.append(time.perf_counter() - began)
chosen = list(range(0, len(returns), len(returns) // count))[:count]
print(json.dumps({"seconds": seconds, "likelihoods": fits.log_likelihood[chosen].tolist(),
                  "converged": float(fits.converged.mean())}))
"""


def _windows() -> "npt.NDArray[np.float64]":
    """Windows of 500 symbols, a month apart, of returns whose laws differ by symbol."""
    import numpy as np

    rng = np.random.default_rng(20240102)
    count = LENGTH + (WINDOWS - 1) * APART
    shock, kept = rng.uniform(0.03, 0.15, SYMBOLS), rng.uniform(0.75, 0.95, SYMBOLS)
    kept = np.minimum(kept, 0.99 - shock)
    level = rng.uniform(0.5, 6.0, SYMBOLS)
    variance, made = level.copy(), np.empty((SYMBOLS, count))
    for session in range(count):
        each = np.sqrt(variance) * rng.standard_t(8, SYMBOLS) * np.sqrt(0.75)
        made[:, session] = 0.03 + each
        variance = level * (1.0 - shock - kept) + shock * each**2 + kept * variance
    views = np.lib.stride_tricks.sliding_window_view(made, LENGTH, axis=1)[:, ::APART]
    return np.ascontiguousarray(views.reshape(-1, LENGTH))


def ours(script: str, *words: object) -> tuple[Any, float]:
    """The answer of our own script in a fresh process, and the peak of its memory in MB."""
    command = [sys.executable, "-c", script, *(str(word) for word in words)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    with peak_memory(process) as peak:
        answer, _ = process.communicate()
    if process.returncode != 0:
        raise RuntimeError("our own fits failed; the traceback is above")
    return json.loads(answer.splitlines()[-1]), peak[0]


def measure() -> Result:
    """Ours on all windows, the peer on a part of them, likelihoods compared on that part."""
    import numpy as np

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "returns.npy"
        np.save(path, _windows())
        mine, memory = ours(OURS, path, PEER_FITS, RUNS)
        theirs = PEER.run(SCRIPT, path, PEER_FITS, 1)
    total = SYMBOLS * WINDOWS
    lead = np.array(mine["likelihoods"]) - np.array(theirs.answer["likelihoods"])
    equal = bool((lead >= -1e-6 * LENGTH).all())
    per_fit = statistics.median(theirs.answer["seconds"]) / PEER_FITS
    result = Result.against(
        claim="25,000 GARCH(1,1) fits at least 40 times as fast as arch, at equal or better likelihood",
        workload=f"{total:,} fits of {LENGTH:,} returns; the peer's seconds are {PEER_FITS:,} of them, scaled per fit "
        f"({1000 * per_fit:.1f} ms); worst lead in log likelihood {lead.min():.1e}",
        peer="arch 8.0.0, one fit after another",
        pairs=[(seconds, per_fit * total) for seconds in mine["seconds"]],
        limit=1.0 / LEAST_TIMES,
    )
    return with_memory(result.only_if(equal, equal=equal), memory)


def with_memory(result: Result, peak_rss_mb: float) -> Result:
    """The result with the peak of our memory."""
    from dataclasses import replace

    return replace(result, peak_rss_mb=round(peak_rss_mb), machine=machine())


if __name__ == "__main__":
    began = time.perf_counter()
    sys.stdout.write(f"{vars(measure())}\n{time.perf_counter() - began:.0f} s in all\n")
