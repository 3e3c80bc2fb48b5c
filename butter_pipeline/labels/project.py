"""What dbt's project holds to be true of its models, read from its YAML files.

What belongs here: reading those files without dbt, fast enough for the definitions' load. What does not: running
dbt (`labels.build`), and columns, which the frames name.

Rows that a model takes in arrive in a table of their own (`arrived_<model>`), and its tests stand between the two:
a test that fails leaves the model as it was.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from butter_pipeline.settings import PROJECT_ROOT

SOURCES = PROJECT_ROOT / "dbt_project"

_ARRIVED = "arrived_"


@dataclass(frozen=True)
class Promise:
    """Something that dbt holds to be true of a model's rows."""

    name: str
    description: str


def select(model: str, sources: Path = SOURCES) -> Sequence[str]:
    """The nodes that make a model: the table in which its rows arrive, if it has one, and itself."""
    arrived = _ARRIVED + model
    return [name for name in (arrived, model) if list(sources.glob(f"models/*/{name}.sql"))]


def promises(model: str, sources: Path = SOURCES) -> Sequence[Promise]:
    """The tests of a model and of the rows that arrive in it."""
    return _promises(sources).get(model, ())


@lru_cache
def _promises(sources: Path) -> Mapping[str, Sequence[Promise]]:
    entries = [entry for file in sorted(sources.glob("models/*/*.yml")) for entry in _read(file, "models")]
    found: dict[str, list[Promise]] = {}
    for model, test in (*_generic(entries), *_singular(sources / "tests")):
        found.setdefault(model.removeprefix(_ARRIVED), []).append(test)
    return found


def _read(file: Path, kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.load(file.read_text(), yaml.CSafeLoader).get(kind, [])
    return found


def _generic(entries: Iterable[dict[str, Any]]) -> Iterator[tuple[str, Promise]]:
    """The tests that stand with their model, each under one key that names its kind."""
    for entry in entries:
        for test in entry.get("data_tests", ()):
            (told,) = test.values()
            yield entry["name"], Promise(told["name"], told["description"])


def _singular(folder: Path) -> Iterator[tuple[str, Promise]]:
    """The tests that are queries of their own, each with the model that it names first."""
    for file in sorted(folder.glob("*.yml")):
        for entry in _read(file, "data_tests"):
            named = re.findall(r"ref\('(\w+)'\)", folder.joinpath(f"{entry['name']}.sql").read_text())
            yield named[0], Promise(entry["name"], entry["description"])


@lru_cache
def version(sources: Path = SOURCES) -> str:
    """The version of the project's SQL and YAML: a hash over its files, 16 hexadecimal digits."""
    digest = hashlib.sha256()
    kept = [file for kind in ("sql", "yml") for file in sources.glob(f"*/**/*.{kind}")]
    for file in sorted(file for file in kept if file.relative_to(sources).parts[0] in ("macros", "models", "tests")):
        digest.update(f"\x1f{file.relative_to(sources).as_posix()}\x1e".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
