"""The registry stage in Dagster: which model stands in each session."""
