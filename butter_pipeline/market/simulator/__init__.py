"""The embedded market: a deterministic, exactly priced simulated market for demos, tests and placebos.

One step is one session. An index follows a market factor with three independent parts: a stochastic
variance (autoregressive gamma, with leverage), a four-state regime chain, and rare jumps. Each stock
is beta times the factor plus its own part: a variance of its own and a slow hidden state (calm,
neutral, wild). Every conditional characteristic function is known exactly, so every option's mid is
an exact expectation under a known law. In `placebo` mode that law is the truth, and nothing can be
earned. In `edge` mode the market makers ignore the hidden state (they price with its stationary law)
and small drifts are not priced: the edge is known, and `edge` computes it per butterfly. From
`break_session` on they over-correct, pricing the hidden state as more extreme than it is, and the cycles
change sign, so that what was learnt turns over.
Prices before that session do not foresee it; the placebo never breaks.

What belongs here: the law of the market, its paths, its prices, and their Arrow tables.
What does not: calendars (the caller supplies the sessions), storage, and anything that reads the true
state in order to decide; only tests and reports may look behind the vendor frames.
"""
