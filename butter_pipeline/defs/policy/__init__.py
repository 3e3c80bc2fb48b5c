"""The policy stage as assets."""
