"""`butter`: the command line.

What belongs here: commands, one module for each subject, their options, and how answers and errors are shown
(`shown`, `entry`). What does not: what they do (`operations` and the stages). Heavy libraries, Dagster above all, are
imported only inside the commands that need them, so the others answer at once.
"""

from butter_pipeline.cli import features, history, house, prove, quality
from butter_pipeline.cli.entry import main

__all__ = ["features", "history", "house", "main", "prove", "quality"]
