"""Decisions replayed over history, with the fills and costs of live trading."""
