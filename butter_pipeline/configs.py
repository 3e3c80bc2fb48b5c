"""What runs: the *.yml files of the configs folder, loaded and hashed.

What belongs here: reading a configuration and giving it a hash that goes into every result. What does
not: where things run (`settings`), and the meaning of a configuration's keys (the stage that uses it).
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

import yaml

from butter_pipeline.errors import ButterError
from butter_pipeline.settings import settings

T = TypeVar("T")


class ConfigError(ButterError):
    """A configuration file is missing or cannot be read; the message is one line with its remedy."""


@dataclass(frozen=True)
class Config:
    """One configuration: its values, and the hash of their meaning (comments and order do not count)."""

    name: str
    values: dict[str, Any]
    hash: str


@lru_cache
def load(name: str) -> Config:
    """The configuration `<configs>/<name>.yml`."""
    path = settings().configs / f"{name}.yml"
    try:
        values = yaml.safe_load(path.read_text())
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such configuration; restore it or set BUTTER_CONFIGS to its folder") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read ({error}); mend the file or its rights") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(values, dict):
        raise ConfigError(f"{path}: must hold a mapping, holds {type(values).__name__}")
    return Config(name, values, hash_of(values))


def value(name: str, key: str, kind: type[T]) -> T:
    """One value of a configuration, which must be there and of that kind."""
    found = load(name).values.get(key)
    if not isinstance(found, kind) or isinstance(found, datetime):
        was = "is missing" if found is None else f"was {found!r}"
        raise ConfigError(f"{settings().configs / name}.yml: {key} must be a {kind.__name__}, {was}; set it right")
    return found


def hash_of(values: Any) -> str:
    """A hash over plain values (what JSON can say, and dates), 16 hexadecimal digits."""
    canonical = json.dumps(values, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]
