"""`make bench`: measures every claim, or those named, and writes benchmarks/results.json."""

import json
import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from benchmarks.measure import measured

CLAIMS = (
    "definitions_load",
    "bookkeeping",
    "sample_market",
    "lineage_sample",
    "storage",
    "reading_back",
    "market_intake",
    "option_values",
    "surfaces",
    "volatility_models",
    "arima",
    "features",
    "regimes",
    "proof",
)
RESULTS = Path(__file__).with_name("results.json")


def main(names: Iterable[str]) -> int:
    """Measure, write, and return how many claims do not hold."""
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else []
    results = {result["claim"]: result for result in kept}
    failed = 0
    # Each in a process of its own: what that one starts begins with its peak of memory, and with no other claim's.
    with ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as fresh:
        for name in names or CLAIMS:
            for result in fresh.submit(measured, name).result():
                results[result.claim] = vars(result)
                failed += not result.holds
                sys.stdout.write(f"{result.told()}\n")
                sys.stdout.flush()
    RESULTS.write_text(json.dumps(list(results.values()), indent=1) + "\n")
    return failed


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)
