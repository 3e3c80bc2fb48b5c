"""Compiled likelihoods, the search for their tops, and forecasts.

What belongs here: loops over the sessions of a series, compiled by numba. What does not: arrays of results with names
(the modules above). Nothing here is imported before something is fitted: compiling and loading take time.
"""
