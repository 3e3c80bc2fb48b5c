"""The market stage in Dagster: its assets, their blocking checks and the schedule after the close."""
