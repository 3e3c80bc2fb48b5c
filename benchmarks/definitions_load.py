"""Claim: loading the definitions costs at most 2.5 times `import dagster` alone, in the same run."""

from benchmarks.measure import Result, python_seconds

LIMIT_RATIO = 2.5
IMPORT = "import dagster"
LOAD = "from butter_pipeline.definitions import defs; defs().get_repository_def()"


def measure() -> Result:
    """Both in fresh interpreters, in turn; the slower the machine, the slower both."""
    pairs = [(python_seconds(LOAD), python_seconds(IMPORT)) for _ in range(7)]
    return Result.against(
        claim="definitions load in at most 2.5 times `import dagster`",
        workload="fresh interpreter to repository definition",
        peer="import dagster",
        pairs=pairs,
        limit=LIMIT_RATIO,
    )
