"""Features, as assets."""
