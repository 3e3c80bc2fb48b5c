"""Claim: 10,000 surfaces from whole chains in at most 12 s and 1.5 GB, none of them with arbitrage.

A surface is one symbol in one session: some six expiries of the embedded market, about 130 quotes. Measured is
everything from rows of quotes to rows of surfaces: laying out, forwards, fits, order in time, errors and the judging.
The chains stand in memory; compilation is kept from an earlier call, as it is after the first session of a house.
"""

import json
import statistics
import subprocess
import sys
from datetime import date

from benchmarks.measure import ROOT, Result, peak_memory

SURFACES = 10_000
RUNS = 3
LIMIT_SECONDS, LIMIT_MB = 12.0, 1536.0

WORK = """
import json, time
from datetime import date

import pyarrow as pa

from butter_pipeline.derivation import months
from butter_pipeline.market.sessions import sessions_between
from butter_pipeline.market.surfaces.rows import surfaces
from butter_pipeline.market.vendors import vendor_from_settings
from butter_pipeline.settings import Settings

vendor = vendor_from_settings(Settings())
sessions = sessions_between(date.fromisoformat(FIRST), date.fromisoformat(LAST))
surfaces(vendor.chains(sessions[:1]), sessions[:1])
seconds, count, found = 0.0, 0, []
for month in months(sessions):
    wanted = month[: max((SURFACES - count) // 13, 0) + 1] if SURFACES > count else []
    if not wanted:
        break
    chains = vendor.chains(wanted)
    began = time.perf_counter()
    rows = surfaces(chains, wanted)
    seconds += time.perf_counter() - began
    count += 13 * len(wanted)
    found.append(rows.select(["arbitrage", "reason", "inside_spread_pct", "rmse_points"]))
rows = pa.concat_tables(found).to_pandas()
good = rows[rows["reason"].isna()]
print(json.dumps({
    "seconds": seconds * SURFACES / count,
    "surfaces": count,
    "slices": len(good),
    "free": bool((good["arbitrage"] == "none").all()),
    "inside_spread_pct": float(good["inside_spread_pct"].mean()),
    "rmse_points": float(good["rmse_points"].median()),
}))
"""


def _run() -> tuple[dict[str, float], float]:
    """What a fresh process measured, and its peak memory in MB."""
    first, last = date(2023, 11, 1), date(2027, 1, 29)
    code = WORK.replace("FIRST", repr(str(first))).replace("LAST", repr(str(last))).replace("SURFACES", str(SURFACES))
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    with peak_memory(process) as peak:
        answer, _ = process.communicate()
    if process.returncode != 0:
        raise RuntimeError("the measured code failed, see above")
    return json.loads(answer), peak[0]


def measure() -> Result:
    """Three fresh processes."""
    made = [_run() for _ in range(RUNS)]
    told = made[0][0]
    if any({**each, "seconds": 0.0} != {**told, "seconds": 0.0} for each, _ in made):
        raise RuntimeError(f"surfaces differ from run to run: {made}")
    peak = statistics.median(memory for _, memory in made)
    found = Result.alone(
        "10,000 surfaces free of arbitrage from whole chains in at most 12 s and 1.5 GB",
        f"{told['slices']:,.0f} expiries of 13 symbols, {told['inside_spread_pct']:.2f} % of quotes hold the surface, "
        f"median error {told['rmse_points']:.3f} volatility points",
        [each["seconds"] for each, _ in made],
        LIMIT_SECONDS,
        peak,
    )
    return found.only_if(bool(told["free"]) and peak <= LIMIT_MB)
