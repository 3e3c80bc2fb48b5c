"""The catalogue of what goes wrong with market data: each corruption by name, how to plant it, and where it shows.

What belongs here: pure edits of clean rows and clean text. What does not: the rules that catch them (the modules of
`market.quality`), and running them all (`market.inspection`).
"""

from butter_pipeline.market.quality.catalogue.bars import BARS
from butter_pipeline.market.quality.catalogue.chains import CHAINS
from butter_pipeline.market.quality.catalogue.context import CONTEXT, TRUE_THOUGH_VIOLENT
from butter_pipeline.market.quality.catalogue.corruption import Corruption, Spot
from butter_pipeline.market.quality.catalogue.files import FILES, FileCorruption
from butter_pipeline.market.quality.catalogue.keys import KEYS

__all__ = ["FILES", "TABLES", "TRUE_THOUGH_VIOLENT", "Corruption", "FileCorruption", "Spot"]

TABLES = (*KEYS, *BARS, *CHAINS, *CONTEXT)
