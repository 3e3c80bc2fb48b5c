"""Loops that numpy cannot express, compiled by numba: prices, the fit, order in time, parity.

What belongs here: compiled arithmetic on plain arrays. What does not: what it means (the modules above). Import these
modules inside functions only: numba takes a second to load.

No loop looks across the surfaces it is given, and sums run in the order of the quotes: a surface has the same bits
alone or among many.
"""
