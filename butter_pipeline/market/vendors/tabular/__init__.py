"""Files of rows, CSV or Parquet, in whatever form their makers gave them.

What belongs here: understanding one file: its header (`spellings`), its cells (`raw`), its dates
and times (`clock`), its rows (`source`, `rows`). What does not: which files there are
(`market.vendors.csv_folder`), and whether values make sense (`market.quality`).

Nothing is guessed: a form that can be understood in two ways is refused until `vendors.csv` in configs/market.yml
says which, and a row that cannot be read is set aside with file, row and column while the others go on.
"""
