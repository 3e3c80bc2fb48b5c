"""Realised volatility and its forecasts, from daily bars.

What belongs here: estimators of a symbol's own volatility, per cent a year of 252 sessions, and the shape of its
returns. What does not: implied volatility (`surface`, `implied`).

In the formulas r is the log return of the close, c = ln(C / O), u = ln(H / O), d = ln(L / O), n = ln(O / C[1]).

A month's parameters rest on the sessions before that month. Must not see: any bar after the session's own.
"""

INPUTS = ("bars",)
