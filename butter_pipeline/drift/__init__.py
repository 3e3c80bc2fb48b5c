"""Drift: what has changed since training, and what follows from it.

What belongs here: references, reports, verdicts, and the outbox of retraining. What does not: training itself.
"""
