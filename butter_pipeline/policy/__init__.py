"""The learned arm's policy: which weights the analyzer's four scores get.

What belongs here: how weights are learned from matured labels. What does not: the scores themselves
(`opportunities`), and what is decided with them (`trading`).
"""
