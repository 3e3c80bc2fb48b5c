"""Corporate actions and rolls: what changes the meaning of a price from one session to the next.

What belongs here: bringing bars, chains and option contracts from the basis of one session to that of another, and
deriving actions from what vendors give instead of them. What does not: reading files (`market.vendors`), keeping rows
(`store`), and deciding who reads adjusted prices (`derivation.Reader`, the one place).

Raw rows are never changed. An action counts from its ex-session's opening bell on, once it is known.
"""
