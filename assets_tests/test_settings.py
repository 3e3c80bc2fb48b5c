"""The environment: defaults, what is refused and how, and that no password is ever repeated."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from butter_pipeline.settings import PROJECT_ROOT, Settings, SettingsError, settings, with_database, with_driver

Set = Callable[..., Settings]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[Set]:
    """Settings read afresh from exactly the variables given."""
    for name in ("HOME", "DATABASE_URL", "DAGSTER_DATABASE_URL", "LAKE_URL", "CONFIGS", "VENDOR", "CSV_FOLDER", "PORT"):
        monkeypatch.delenv(f"BUTTER_{name}", raising=False)

    def read(**variables: str) -> Settings:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()
        return settings()

    yield read
    monkeypatch.undo()
    settings.cache_clear()


def test_nothing_needs_to_be_set(environment: Set) -> None:
    found = environment()
    assert (found.home, found.configs) == (PROJECT_ROOT / ".butter", PROJECT_ROOT / "configs")
    assert (found.vendor, found.csv_folder, found.database_url) == ("simulator", None, None)
    assert (found.host, found.port) == ("127.0.0.1", 3000)
    assert found.lake == str(PROJECT_ROOT / ".butter" / "lake")


def test_paths_become_absolute_and_the_lake_follows_the_home(environment: Set) -> None:
    found = environment(BUTTER_HOME="~/somewhere/../else")
    assert found.home == Path.home().resolve() / "else"
    assert found.lake == str(Path.home().resolve() / "else" / "lake")
    assert environment(BUTTER_LAKE_URL="s3://bucket/lake").lake == "s3://bucket/lake"


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", "30.5"])
def test_a_bad_port_is_said_with_what_was_there(environment: Set, port: str) -> None:
    with pytest.raises(SettingsError) as caught:
        environment(BUTTER_PORT=port)
    assert str(caught.value).startswith("BUTTER_PORT: Input should be")
    assert f"was '{port}'; set it right or unset it" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_token_is_never_repeated(environment: Set) -> None:
    found = environment(BUTTER_TRADIER_TOKEN="secret-1", BUTTER_CANDIDATES_KEY="secret-2")
    assert "secret" not in repr(found)


@pytest.mark.parametrize("name", ["BUTTER_DATABASE_URL", "BUTTER_DAGSTER_DATABASE_URL"])
@pytest.mark.parametrize(
    "url",
    [
        "mysql://me:hunter2@host/name",
        "postgresql://me:hunter2@host",
        "postgresql://me:hunter2@host/",
        "postgresql+psycopg2://me:hunter2@host/name",
        "hunter2",
        "postgresql://me:hunter2@[host/name",
        "postgresql://me:hunter2\u2100@host/name",
    ],
)
def test_a_bad_url_is_refused_and_its_password_never_repeated(environment: Set, name: str, url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        environment(**{name: url})
    assert str(caught.value).startswith(f"{name}: ")
    assert "hunter2" not in f"{caught.value!r} {caught.value.__cause__!r}"
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres"])
def test_a_good_url_is_taken_in_its_plain_form(environment: Set, scheme: str) -> None:
    found = environment(BUTTER_DATABASE_URL=f"{scheme}://me:p%40ss@host:5433/name?sslmode=require")
    assert found.database_url == "postgresql://me:p%40ss@host:5433/name?sslmode=require"


def test_an_empty_url_is_none(environment: Set) -> None:
    assert environment(BUTTER_DATABASE_URL="").database_url is None


def test_settings_are_read_once_and_cannot_be_changed(environment: Set) -> None:
    found = environment(BUTTER_PORT="4000")
    assert settings() is found
    with pytest.raises(ValueError, match="frozen"):
        found.port = 1  # type: ignore[misc]


def test_a_url_is_turned_to_another_database_or_driver() -> None:
    url = "postgresql://me:p%40ss@host:5433/name?sslmode=require"
    assert with_database(url, "other") == "postgresql://me:p%40ss@host:5433/other?sslmode=require"
    assert with_driver(url, "psycopg") == "postgresql+psycopg://me:p%40ss@host:5433/name?sslmode=require"
    socket = "postgresql://me:@/name?host=/run/somewhere"
    assert with_database(socket, "other") == "postgresql://me:@/other?host=/run/somewhere"
