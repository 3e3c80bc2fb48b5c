"""The market stage in Dagster: its assets and their blocking checks."""
