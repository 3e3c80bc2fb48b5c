"""Models, one per vintage: dataset, fit, evaluation, export, card.

What belongs here: from features and matured labels to a fitted model and what it is worth out of sample. What does
not: which model stands (`registry`), and acting on predictions (`trading`).
"""
