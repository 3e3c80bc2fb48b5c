"""Chart patterns: shapes of the last sixty sessions, each with how sure it is, a target and a stop.

What belongs here: double tops and bottoms, heads and shoulders, triangles, breaks of support and resistance, candles.
What does not: what the patterns earned (`labels`).

A turn is a high (low) that no session within three of it exceeds; so it is known three sessions later. Turns alternate:
of two highs running the higher stays. Levels count as one when they are within one mean range of each other. Confidence
is 0 without the pattern, up to 0.5 while it forms, and up to 1 once the close has passed its neckline; target and stop
are in per cent of the close and null without the pattern.

Must not see: any bar after the session's own.
"""

INPUTS = ("bars",)
