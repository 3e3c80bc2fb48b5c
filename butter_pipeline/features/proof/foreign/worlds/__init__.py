"""Made-up markets, and what their future can be replaced by.

What belongs here: rows as arrays (`rows`), the markets (`market`), other futures (`futures`). What does not: the frames
that functions are called with (`calling.frames`).
"""
