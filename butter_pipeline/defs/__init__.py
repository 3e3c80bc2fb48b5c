"""Dagster: the thin skin over the pure tree, one folder per stage under the same name.

With definitions.py the only place that may import dagster. An asset reads, calls one function, writes
and describes; anything longer belongs to the pure tree.
"""
