"""Features: what is known about every symbol at the close of a session.

What belongs here: how a feature is declared (`registry`), the rows it is given (`windows`, `chain`), computing a family
(`compute`), the table of those that are chosen (`matrix`), and the formulas (`families`, one module each). What does
not: reading or keeping rows, and anything that looks at a later session.

A feature is a function of the last rows of one symbol, as many as it declares, and of nothing else; recursive ones
too. So one session has the same bits alone, in a range, and with other symbols or without them.
"""
