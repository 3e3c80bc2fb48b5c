"""Opportunities, as assets."""
