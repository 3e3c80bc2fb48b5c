"""What the Dagster tests share: a house on a database of the test's own, and an ephemeral instance."""

from collections.abc import Iterator

import dagster as dg
import pytest

from butter_pipeline import configs
from butter_pipeline.definitions import defs
from butter_pipeline.settings import settings
from butter_pipeline.store import Store


@pytest.fixture(scope="session", autouse=True)
def definitions() -> dg.Definitions:
    # Before any test: an instance of a test's own stays the current one when it has gone, and loading would ask it.
    return defs()


@pytest.fixture
def house(database: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The process's settings point at the test's database and lake."""
    monkeypatch.setenv("BUTTER_DATABASE_URL", database.url)
    monkeypatch.setenv("BUTTER_LAKE_URL", database.lake)
    settings.cache_clear()
    configs.load.cache_clear()
    yield database
    settings.cache_clear()
    configs.load.cache_clear()


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made
