"""`python -m butter_pipeline.cli` is `butter`."""

from butter_pipeline.cli import main

main()
