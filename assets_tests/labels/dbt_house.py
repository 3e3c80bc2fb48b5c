"""What tests that run dbt share: one database and one reading of the project for a whole folder, a vendor per test."""

from collections.abc import Iterator

import psycopg
import pytest

from assets_tests.labels import label_worlds
from butter_pipeline.labels.build import Project
from butter_pipeline.settings import with_database
from butter_pipeline.store import Store

NAME = "butter_dbt"
"""Always the same, for what dbt understood of its project is of one database."""


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project(tmp_path_factory.getbasetemp() / "dbt")


@pytest.fixture(scope="session")
def database_of_all(server_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with psycopg.connect(with_database(server_url, "postgres"), autocommit=True) as connection:
        # Each folder that imports this fixture has one of its own; the server's end is the database's.
        if not connection.execute("select 1 from pg_database where datname = %s", [NAME]).fetchone():
            connection.execute(f"create database {NAME} template {template}")
    made = Store(with_database(server_url, NAME), str(tmp_path_factory.mktemp("lake")))
    yield made
    made.engine.dispose()


@pytest.fixture
def database(database_of_all: Store, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store in which nothing stands of the test's own vendor."""
    monkeypatch.setattr(label_worlds, "VENDOR", request.node.name)
    return database_of_all
