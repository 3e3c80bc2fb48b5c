"""Technical indicators of daily bars: the ones that traders know by name.

What belongs here: a module for each kind of indicator. What does not: volatility (`volatility`), forecasts (`price`),
chart patterns (`patterns`).

Wilder's and exponential averages forget: over the declared lookback they agree with averages that began at any
earlier bar to 1e-8. A symbol with fewer bars has them from its first bar on, as soon as one average is full.
Where prices or volumes do not move at all, what divides by their movement is null.

In the formulas C, H, L, O, V are close, high, low, open and volume; C[n] is the close n sessions before; EMA, SMA and
W are the exponential, plain and Wilder's average over so many sessions.

Must not see: any bar after the session's own.
"""

INPUTS = ("bars",)
