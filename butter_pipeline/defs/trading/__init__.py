"""The trading stage in Dagster: predictions, and the book with what was decided, wanted, filled and earned."""
