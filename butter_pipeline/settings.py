"""Where things run: every knob of the environment, read once.

What belongs here: homes, addresses, ports and credentials, as `BUTTER_*` variables. What does
not: what runs (instruments, limits, seeds), which is `configs/*.yml` and is hashed into results.
"""

import os
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from butter_pipeline.errors import ButterError

PROJECT_ROOT = Path(__file__).resolve().parent.parent


class SettingsError(ButterError):
    """The environment asks for something that cannot be; the message is one line with its remedy."""


class Settings(BaseSettings):
    """The environment, checked."""

    model_config = SettingsConfigDict(env_prefix="BUTTER_", env_ignore_empty=True, frozen=True, extra="ignore")

    home: Path = Field(PROJECT_ROOT / ".butter", description="folder for the embedded server, the lake and logs")
    database_url: str | None = Field(None, description="your own PostgreSQL, postgresql://user:password@host:port/name")
    dagster_database_url: str | None = Field(None, description="Dagster's own database, if not butter_dagster")
    lake_url: str | None = Field(None, description="folder or object-storage URL of the lake; default <home>/lake")
    configs: Path = Field(PROJECT_ROOT / "configs", description="folder of the *.yml files that say what runs")
    vendor: str = Field("simulator", description="where market data comes from: a built-in or an installed vendor")
    csv_folder: Path | None = Field(None, description="folder of CSV or Parquet files, such as bars.csv")
    second_vendor: str | None = Field(None, description="another vendor of the same rows, to compare with")
    second_csv_folder: Path | None = Field(None, description="its folder, if it is csv")
    databento_folder: Path | None = Field(None, description="folder of Databento's DBN files")
    tradier_token: SecretStr | None = Field(None, description="access token of Tradier's API")
    tradier_url: str = Field("https://api.tradier.com", description="where Tradier's API is")
    candidates_file: Path | None = Field(None, description="CSV or JSON file of candidates")
    candidates_url: str | None = Field(None, description="OpenAI-compatible service of candidates, .../v1")
    candidates_model: str | None = Field(None, description="the model that the service is to use")
    candidates_key: SecretStr | None = Field(None, description="the service's key")
    simulator_seed: int | None = Field(
        None, ge=0, description="another embedded market than configs/simulator.yml says"
    )
    simulator_mode: Literal["edge", "placebo"] | None = Field(None, description="edge, or placebo: none to be found")
    simulator_break: bool = Field(True, description="false for an embedded market that never breaks")
    host: str = Field("127.0.0.1", description="address of the web server")
    port: int = Field(3000, ge=1, le=65535, description="port of the web server")

    @field_validator("home", "configs", "csv_folder", "second_csv_folder", "databento_folder", "candidates_file")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        return path.expanduser().resolve() if path is not None else None

    @field_validator("database_url", "dagster_database_url")
    @classmethod
    def _plain_postgres(cls, url: str | None) -> str | None:
        if not url:
            return None
        try:
            parts = urlsplit(url)
        except ValueError:  # whose own message repeats user and password
            raise ValueError("is no URL; it must look like postgresql://user:password@host:port/name") from None
        if parts.scheme not in ("postgresql", "postgres") or not parts.path.strip("/"):
            raise ValueError("must look like postgresql://user:password@host:port/name")
        return urlunsplit(parts._replace(scheme="postgresql"))

    @property
    def lake(self) -> str:
        """The lake's place: a local path or an fsspec URL."""
        return self.lake_url or str(self.home / "lake")


DERIVED = ("BUTTER_OWNED_BY", "BUTTER_DAGSTER_URL", "BUTTER_DAGSTER_FILES", "BUTTER_DBT_", "BUTTER_SHARED_DATA")
"""Variables that are no settings: what `butter env` derives for other programs, and where tests find real rows."""


@lru_cache
def settings() -> Settings:
    """The process's settings, read from the environment on first use."""
    known = {f"BUTTER_{name.upper()}" for name in Settings.model_fields}
    for name in sorted(os.environ):
        if name.startswith("BUTTER_") and name not in known and not name.startswith(DERIVED):
            near = get_close_matches(name, known, 1)
            remedy = f"did you mean {near[0]}?" if near else "unset it"
            raise SettingsError(f"{name}: no such setting; {remedy}")
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "BUTTER_" + "_".join(str(part) for part in first["loc"]).upper()
        reason = first["msg"].removeprefix("Value error, ")
        # A URL may hold a password, a token is one: never repeat it.
        shown = "" if name.endswith(("_URL", "_TOKEN", "_KEY")) else f", was {first['input']!r}"
        raise SettingsError(f"{name}: {reason}{shown}; set it right or unset it") from None


def with_database(url: str, name: str) -> str:
    """The same server, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def with_driver(url: str, driver: str) -> str:
    """The same URL, naming the driver that SQLAlchemy is to use."""
    return urlunsplit(urlsplit(url)._replace(scheme=f"postgresql+{driver}"))
