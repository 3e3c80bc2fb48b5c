"""Every public number: one module per claim, measured by `make bench` into benchmarks/results.json."""
