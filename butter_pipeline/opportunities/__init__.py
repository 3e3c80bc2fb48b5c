"""Opportunities: butterflies found in the chains and scored, their marks, and the strategies' signals.

What belongs here: finding, scoring, marking. What does not: deciding (`trading`).
"""
