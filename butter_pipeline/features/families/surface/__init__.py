"""What a session's option quotes say: volatility at every distance and time, Greeks, and who trades what.

What belongs here: points of the implied surface of one session, from the volatilities of its quotes; Greeks that follow
from it; spreads, volume and open interest. What does not: their history (`implied`), and finding a volatility where the
vendor gives none (`market.valuation`).

iv(T, z) is the implied volatility T days ahead, z standard deviations above the money.

Must not see: quotes of any session but its own.
"""

INPUTS = ("chains",)
