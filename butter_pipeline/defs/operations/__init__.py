"""Control of the house in Dagster: launching ranges, run failures, and ending runs whose worker died."""
