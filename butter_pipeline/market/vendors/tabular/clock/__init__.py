"""Dates, times and zones of rows: how they are written (`dates`, `stamps`), and what they mean (`moments`, `zones`)."""
