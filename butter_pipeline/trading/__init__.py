"""From predictions to executions: decisions under hard limits, order intents, fills, and the book they are folded into.

What belongs here: the pure `step` that backtest, replay and live share, and its parts. What does not: what finds or
scores opportunities, and Dagster.
"""
