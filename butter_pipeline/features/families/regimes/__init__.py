"""Which regime the market is in: named states, each with how sure it is.

What belongs here: what is fitted on the market's own series (a hidden Markov model, k-means, principal components, a
scale) and what it says of a session. What does not: the series themselves (`context`).

All of it is fitted on the sessions before a month, 1001 for the hidden Markov model and 501 for the rest, and applied
within it: the hidden Markov model by its forward filter alone, never by what came later. States are named by rule
(`naming`), so that a name means the same after every fit: high_volatility (3) is a state that by itself more than
doubles the usual variance, trending_bearish (1) the most volatile of the others, since falling markets are the more
volatile ones (Black 1976), trending_bullish (0) the one of what is left in which the market rises most over one stay,
and ranging (2) the rest. Every symbol is told the same.

Must not see: any session after its own; parameters rest on the sessions before the month.
"""

INPUTS = ("bars", "context")
