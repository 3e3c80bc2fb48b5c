"""Labels: outcomes that dbt makes from marks and bars."""
