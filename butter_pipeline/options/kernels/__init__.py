"""Compiled arithmetic of options: the same few lines for every contract, without branches.

What belongs here: functions of numbers and the loops over blocks of them, compiled by numba. What does not: arrays
of any shape, inputs' meaning and reasons (`options.black_scholes`, `options.american`). Modules here import numba
at their top; whoever calls them imports them inside the function that does.

Without branches the compiler takes as many contracts at once as the processor's registers hold. It neither fuses nor
reorders a sum, so that each contract has the bits it would have alone.
"""
