"""Where the databases are, and the variables that tell every other program.

What belongs here: deriving addresses from the settings. What does not: starting anything
(`operations.supervisor`) or reading the environment (`settings`).
"""

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit, urlunsplit

from butter_pipeline.settings import PROJECT_ROOT, Settings, with_database, with_driver
from butter_pipeline.store.embedded import EmbeddedServer

DATABASE = "butter"
OWNER_MARK = "BUTTER_OWNED_BY"
"""Set for every process that an owner starts, so that the next owner can end what a killed one left."""


@dataclass(frozen=True)
class Addresses:
    """The server that a home uses, embedded or the user's own."""

    home: Path
    database_url: str
    dagster_url: str
    embedded: EmbeddedServer | None

    @property
    def run_folder(self) -> Path:
        """What lives only while an owner runs."""
        return self.home / "run"

    @property
    def dagster_files(self) -> Path:
        """Dagster's compute logs and local artifacts."""
        return self.home / "dagster"


def addresses(settings: Settings) -> Addresses:
    """The addresses that these settings mean."""
    server = EmbeddedServer(settings.home / "postgres" / "data")
    own = settings.database_url
    # A shell that took over the variables of `butter env` names the embedded server by its URL.
    embedded = own is None or own == server.url(DATABASE)
    url = own or server.url(DATABASE)
    beside = f"{urlsplit(url).path.strip('/')}_dagster"
    dagster_url = settings.dagster_database_url or with_database(url, beside)
    return Addresses(settings.home, url, dagster_url, server if embedded else None)


def variables(settings: Settings) -> dict[str, str]:
    """The environment with which Dagster, dbt and our own processes work on this home.

    DAGSTER_HOME is a folder of the home, which holds a link to the root's dagster.yaml: Dagster litters it.
    """
    where = addresses(settings)
    found = {
        "BUTTER_HOME": str(settings.home),
        "BUTTER_DATABASE_URL": where.database_url,
        "BUTTER_DAGSTER_DATABASE_URL": where.dagster_url,
        "BUTTER_DAGSTER_URL": with_driver(where.dagster_url, "psycopg2"),
        "BUTTER_DAGSTER_FILES": str(where.dagster_files),
        "BUTTER_LAKE_URL": settings.lake,
        "DAGSTER_HOME": str(where.dagster_files),
        # One round trip per thousand events instead of one each, and one planned event per range:
        # ten assets over a year of sessions take 2 s instead of 102.
        "DAGSTER_EVENT_BATCH_SIZE": "1000",
        "DAGSTER_EMIT_PARTITION_SUBSET_IN_PLANNED_EVENTS": "1",
        "DBT_PROJECT_DIR": str(PROJECT_ROOT / "dbt_project"),
        "DBT_PROFILES_DIR": str(PROJECT_ROOT / "dbt_project"),
        "DO_NOT_TRACK": "1",
        "MPLCONFIGDIR": str(settings.home / "matplotlib"),
    }
    return found | _dbt_variables(where.database_url)


def _dbt_variables(url: str) -> dict[str, str]:
    """The parts of the URL, for dbt's profile, which knows no URLs."""
    parts = urlsplit(url)
    host = parse_qs(parts.query).get("host", [parts.hostname or "localhost"])[0]
    return {
        "BUTTER_DBT_HOST": host,
        "BUTTER_DBT_PORT": str(parts.port or 5432),
        "BUTTER_DBT_USER": unquote(parts.username or "postgres"),
        "BUTTER_DBT_PASSWORD": unquote(parts.password or ""),
        "BUTTER_DBT_DATABASE": parts.path.strip("/"),
    }


def process_environment(settings: Settings) -> dict[str, str]:
    """The whole environment for a child process of this home."""
    # Without a safe path `python -m` would import whatever lies in the caller's folder first.
    return os.environ | variables(settings) | environment_of_tools() | {"PYTHONSAFEPATH": "1"}


def environment_of_tools() -> dict[str, str]:
    """What makes a shell find the programs beside this Python, as activating its environment would."""
    folder = Path(sys.executable).parent
    path = os.environ.get("PATH", os.defpath)
    return {"VIRTUAL_ENV": str(folder.parent), "PATH": f"{folder}{os.pathsep}{path}"}


def without_password(url: str) -> str:
    """The URL as it may be shown."""
    parts = urlsplit(url)
    query = re.sub(r"(?i)(password=)[^&]*", r"\1***", parts.query)
    place = parts.netloc if parts.password is None else parts.netloc.replace(f":{parts.password}@", ":***@", 1)
    return urlunsplit(parts._replace(netloc=place, query=query))
