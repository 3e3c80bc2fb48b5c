"""A folder of Databento's DBN files as a vendor; needs the extra `databento`.

Read are the schemas ohlcv-1d (bars), ohlcv-1h and ohlcv-1m (intraday), and for option chains definition, a schema of
quotes (bbo-*, cbbo-*, mbp-1, cmbp-1, tbbo, tcbbo) and statistics. Files end in .dbn or .dbn.zst; which schema a file
holds, it says itself.

What belongs here: the vendor (`vendor`) and the reading of files (`files`, `chains`).
"""

from butter_pipeline.market.vendors.databento.vendor import DbnFolder, from_settings

__all__ = ["DbnFolder", "from_settings"]
