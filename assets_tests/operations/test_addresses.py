from pathlib import Path

import pytest

from butter_pipeline.operations.addresses import addresses, variables, without_password
from butter_pipeline.settings import Settings

OWN = "postgresql://me:p%40ss@db.example:5433/prices"


def test_without_a_url_the_home_s_own_server_is_used(tmp_path: Path) -> None:
    where = addresses(Settings(home=tmp_path))
    assert where.embedded is not None and where.embedded.data == tmp_path / "postgres" / "data"
    assert where.database_url == where.embedded.url("butter")
    assert where.dagster_url == where.embedded.url("butter_dagster")


def test_with_a_url_nothing_is_embedded_and_dagster_has_its_database_beside_ours(tmp_path: Path) -> None:
    where = addresses(Settings(home=tmp_path, database_url=OWN))
    assert where.embedded is None
    assert where.dagster_url == "postgresql://me:p%40ss@db.example:5433/prices_dagster"


def test_a_shell_that_took_over_our_variables_still_means_the_embedded_server(tmp_path: Path) -> None:
    first = Settings(home=tmp_path)
    taken_over = Settings(home=tmp_path, database_url=variables(first)["BUTTER_DATABASE_URL"])
    assert addresses(taken_over).embedded is not None


def test_dbt_is_told_the_parts_and_dagster_its_driver(tmp_path: Path) -> None:
    told = variables(Settings(home=tmp_path, database_url=OWN))
    assert told["BUTTER_DBT_HOST"] == "db.example"
    assert told["BUTTER_DBT_PORT"] == "5433"
    assert told["BUTTER_DBT_USER"] == "me"
    assert told["BUTTER_DBT_PASSWORD"] == "p@ss"
    assert told["BUTTER_DBT_DATABASE"] == "prices"
    assert told["BUTTER_DAGSTER_URL"].startswith("postgresql+psycopg2://")
    assert told["DAGSTER_EVENT_BATCH_SIZE"] == "1000"


@pytest.mark.parametrize(
    ("url", "shown"),
    [(OWN, "postgresql://me:***@db.example:5433/prices"), ("postgresql://me@h/x", "postgresql://me@h/x")],
)
def test_a_password_is_never_shown(url: str, shown: str) -> None:
    assert without_password(url) == shown
