"""The leak proof: that no feature and no fitted transform sees the future.

What belongs here: proving what the registry lists (`house`), judging functions that nobody has seen before (`foreign`),
and planted leaks with clean look-alikes that show what the proof can tell apart (`zoo`). What does not: formulas
(`families`), and reading stored rows.
"""
