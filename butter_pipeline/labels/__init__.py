"""What opportunities were worth afterwards: outcomes that dbt makes from marks.

What belongs here: the labels' columns, and running dbt for a span of sessions. What does not: the SQL itself
(`dbt_project`), and learning from labels.
"""
