"""Judging feature functions that nobody has seen before.

What belongs here: made-up markets (`market`), what their future is replaced by (`futures`), how a function is called
(`calls`, `spelling`) and its answer read (`answers`), the tests (`judge`), what a leak is called (`naming`), and files
of functions (`module`). What does not: the registry's own features, whose inputs are declared (`proof.house`).
"""
