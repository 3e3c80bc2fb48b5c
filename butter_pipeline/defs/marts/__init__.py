"""Marts: what people look at, made by dbt."""
