"""Calling what a file holds: loading it, telling what it wants, and calling it as it wants.

What belongs here: `module`, `things`, `spelling`, `plans`, `choice`, `frames`, and what is judged in the end (`calls`,
`declared`). What does not: the tests (`judge`).
"""
