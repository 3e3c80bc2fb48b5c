"""The one error that people are meant to read.

What belongs here: the base of every error that has a remedy outside the code. What does not: the
particular errors, which stand where they are raised, and programming errors, which keep their traceback.
"""


class ButterError(Exception):
    """One line that says what is wrong, where, and what to do; the command line prints it and exits with 2."""
