"""Implied volatility surfaces free of arbitrage, from quotes: forwards, smiles, densities, and the proof.

`parity` takes forwards and discounts from calls and puts, `fitting` a mixture of lognormals for every expiry,
`kernels.order` puts them in order of time, `surface` and `density` answer questions, `arbitrage` judges.

What belongs here: mathematics on arrays. What does not: chains as tables and what is kept (`market.surfaces`).
"""
