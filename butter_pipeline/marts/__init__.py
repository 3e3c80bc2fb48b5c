"""Marts: what people look at, made by dbt from what stands.

What belongs here: the columns of `marts.*`, and their pictures. What does not: the SQL itself (`dbt_project`), and
anything that decides: nothing that trades reads a mart.
"""
