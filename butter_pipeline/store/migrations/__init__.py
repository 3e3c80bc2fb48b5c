"""Alembic's folder: how a database of any earlier version becomes one of today.

What belongs here: revisions (`versions/`), each frozen once released, and the one place that knows how
tables are kept apart by time (`time_partitions`). What does not: column names, which `store.schema` gives
and a test compares; and the schemas `labels` and `marts`, which dbt owns.
"""
