"""Drift in Dagster: references per vintage, reports per session, and the sensor that retrains."""
