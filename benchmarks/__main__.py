"""`make bench`: measures every claim, or those named, and writes benchmarks/results.json."""

import importlib
import json
import sys
from collections.abc import Iterable
from pathlib import Path

from benchmarks.measure import Result

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
    for name in names or CLAIMS:
        found = importlib.import_module(f"benchmarks.{name}").measure()
        for result in [found] if isinstance(found, Result) else found:
            results[result.claim] = vars(result)
            failed += not result.holds
            sys.stdout.write(f"{result.told()}\n")
            sys.stdout.flush()
    RESULTS.write_text(json.dumps(list(results.values()), indent=1) + "\n")
    return failed


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)
