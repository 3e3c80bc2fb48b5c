"""`python -m butter_pipeline.cli` is `butter`."""

from butter_pipeline.cli import main

if __name__ == "__main__":
    main()
