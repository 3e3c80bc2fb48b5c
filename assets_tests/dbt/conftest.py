"""The database and the project that tests of dbt share."""

from assets_tests.labels.dbt_house import database, database_of_all, project

__all__ = ["database", "database_of_all", "project"]
