"""Volatility surfaces of whole chains: from rows of quotes to rows of surfaces, and back to surfaces.

What belongs here: chains as tables, and what is kept of a surface. What does not: the mathematics
(`options.surface`), and raw rows, which vendors hand over.
"""
