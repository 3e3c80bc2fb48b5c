"""Models of time series, fitted to many at once.

What belongs here: GARCH, GJR and EGARCH (`volatility`), ARIMA (`arima`), HAR (`har`), and what they are compiled from.
What does not: which returns a fit rests on and what of it is a feature (`families`).
"""
