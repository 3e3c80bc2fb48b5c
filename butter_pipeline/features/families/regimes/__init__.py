"""Which regime the market is in: named states, each with how sure it is.

What belongs here: what is fitted on the market's own series (a hidden Markov model, k-means, principal components, a
scale) and what it says of a session. What does not: the series themselves (`context`).

All of it is fitted on the 501 sessions before a month and applied within it: the hidden Markov model by its forward
filter alone, never by what came later. States are named by rule, so that a name means the same after every fit:
high_volatility (3) is the state whose near variance is at least twice the mean, trending_bearish (1) the most volatile
of the others, since falling markets are the more volatile ones (Black 1976), trending_bullish (0) the one with the
higher mean return of what is left, and ranging (2) the rest. Every symbol is told the same.

Must not see: any session after its own; parameters rest on the sessions before the month.
"""

INPUTS = ("bars", "context")
