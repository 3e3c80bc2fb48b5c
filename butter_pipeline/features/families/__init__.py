"""The formulas: one module per family, one decorated function per feature.

What belongs here: formulas, each visible as one, and `INPUTS`, the names of the tables that the family is given
(the first decides which rows there are). What does not: how windows are made or results are gathered.
"""
