"""Model versions, and the events that move them: training, shadow, production, retired.

What belongs here: registering, and who stands as of a session. What does not: fitting (`learning`) and scoring.
"""
