"""Looking at market data before it is let in: a user's own files, and quality's own eyes.

What belongs here: running quality over a folder or over the catalogue of corruptions, and what came of it as plain
values. What does not: rules and corruptions (`market.quality`), or keeping anything: nothing here writes to a store.
"""
