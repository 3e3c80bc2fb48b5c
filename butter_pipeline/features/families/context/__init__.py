"""What surrounds a symbol: the volatility index, the market, sectors, a pair with the market, the calendar, its dates.

What belongs here: the session's context and how a symbol moves with it. What does not: the symbol by itself.

The market is the series `index_level`; no symbol is named. A series that the vendor does not have gives nulls. Nothing
in the data says which sector a symbol is of: its sector is the one that it moved with most. Dates of the company are
known once they have come, and the next expected at their rhythm; the embedded market pays no dividends and reports no
earnings, so that in the sample they are null.

Must not see: anything after the session's close; the calendar alone is known ahead.
"""

INPUTS = ("bars", "context", "actions")
