"""What features there are: declared where they are defined, found by looking there.

What belongs here: what a feature states about itself, and listing features, families and their schemas. What does
not: formulas (`families`), computing them (`compute`), and what is fitted (`transforms`).

A family is a module or a package of `families`, or one that another installed package names under the entry point
group `butter_pipeline.features`. Its features are the decorated functions of its modules, in their order; its
`INPUTS` are the tables that it is given.
"""

import importlib
import pkgutil
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import entry_points
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from butter_pipeline.errors import ButterError
from butter_pipeline.frame import AVAILABLE_AT, SESSION, Frame, number, text
from butter_pipeline.identity import code_version

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]
Formula = Callable[[Any], Floats]

HOME = "butter_pipeline.features.families"
ENTRY_POINTS = "butter_pipeline.features"
SHARED = ("windows", "chain", "sittings", "proposals", "smoothing", "moving", "transforms", "clusters", "models")
"""Modules whose arithmetic is part of every formula."""
SPARE_SESSIONS = 10
"""A symbol that missed a few sessions still has its rows: so many more sessions are searched for them."""
SYMBOL = text("symbol", "instrument")
NULLS = text(
    "nulls", "every feature without a value and why, such as rsi_14=short_history; null if none", nullable=True
)
SETTING = re.compile(r"_\d+[dm]?(?=_|$)")
"""What a name says of a formula's window, lag or days ahead."""


class FeatureError(ButterError, ValueError):
    """A family or feature that is declared wrongly, twice, or not at all; the message is one line with its remedy."""


@dataclass(frozen=True)
class Feature:
    """One feature: its formula and what it states about itself.

    `inputs` are the only columns that the formula is shown, each as table.column; `lookback_rows` how many of the
    symbol's last rows it is shown, its own included; `bounds` the least and greatest value it can take. It has a value
    from `warmup_rows` on at the latest, where it needs fewer than it looks back. `events` are the tables that have a
    value only where something happened: that they have none says nothing of why the feature has none.
    """

    formula: Formula
    inputs: tuple[str, ...]
    lookback_rows: int
    unit: str
    bounds: tuple[float, float] | None = None
    warmup_rows: int = 0
    setting_of: str | None = None
    events: tuple[str, ...] = ()

    @property
    def lookback_sessions(self) -> int:
        """The sessions in which those rows are looked for, its own included."""
        return self.lookback_rows if self.lookback_rows == 1 else self.lookback_rows + SPARE_SESSIONS

    @property
    def name(self) -> str:
        """The name of the function, and of the column."""
        return self.formula.__name__

    @property
    def formula_name(self) -> str:
        """What the declaration calls its formula, else the name without windows, lags and days ahead."""
        return self.setting_of or SETTING.sub("", self.name)

    @property
    def family(self) -> str:
        """The family that its module is of; outside of all families, the module's own name."""
        module = self.formula.__module__
        for name, home in homes().items():
            if module == home or module.startswith(f"{home}."):
                return name
        return module.rpartition(".")[2]

    @property
    def doc(self) -> str:
        """The first line of the formula's docstring."""
        return (self.formula.__doc__ or "").strip().partition("\n")[0]

    @property
    def mathematics(self) -> str:
        """What the docstring says below its first line, up to the source: the formula."""
        return self._below.partition("Source:")[0].strip()

    @property
    def source(self) -> str:
        """Who published the formula, as the docstring says after `Source:`."""
        return self._below.partition("Source:")[2].strip().rstrip(".")

    @property
    def version(self) -> str:
        """A hash over the source of its family, whose modules share code, and of what all formulas share."""
        return _version(homes().get(self.family, self.formula.__module__))

    @property
    def _below(self) -> str:
        return " ".join((self.formula.__doc__ or "").strip().partition("\n")[2].split())


def feature(
    inputs: Sequence[str],
    lookback_rows: int,
    unit: str,
    bounds: tuple[float, float] | None = None,
    warmup_rows: int | None = None,
    *,
    formula: str | None = None,
    events: Sequence[str] = (),
) -> Callable[[Formula], Feature]:
    """Declare the function below a feature of the family that its module is of.

    `formula` names its formula where others are settings of the same, and their names do not show it; `events` names
    tables that have a value only where something happened.
    """

    def declared(function: Formula) -> Feature:
        warmup = lookback_rows if warmup_rows is None else warmup_rows
        return Feature(function, tuple(inputs), lookback_rows, unit, bounds, warmup, formula, tuple(events))

    return declared


@lru_cache
def homes() -> Mapping[str, str]:
    """The module of every family, by the family's name."""
    package = importlib.import_module(HOME)
    found = {module.name: f"{HOME}.{module.name}" for module in pkgutil.iter_modules(package.__path__)}
    for entry in entry_points(group=ENTRY_POINTS):
        if entry.name in found:
            raise FeatureError(f"entry point {entry.name} = {entry.value}: there is a family {entry.name}; rename it")
        found[entry.name] = entry.value
    return dict(sorted(found.items()))


def families() -> tuple[str, ...]:
    """The families, by name."""
    return tuple(homes())


@lru_cache
def features_of(family: str) -> tuple[Feature, ...]:
    """A family's features: its modules by name, in each the order in which they are defined."""
    found = []
    for module in modules_of(family):
        declared = (each for each in vars(module).values() if isinstance(each, Feature))
        found += [each for each in declared if each.formula.__module__ == module.__name__]
    return tuple(found)


@lru_cache
def features() -> tuple[Feature, ...]:
    """Every feature of every family; no two have one name."""
    found: dict[str, Feature] = {}
    for family in families():
        for each in features_of(family):
            if each.name in found:
                raise FeatureError(f"{each.name} is a feature of {found[each.name].family} and of {family}; rename one")
            found[each.name] = each
    return tuple(found.values())


def modules_of(family: str) -> Sequence[Any]:
    """A family's modules: its own, and those of a package by name."""
    home = _module(family)
    below = pkgutil.iter_modules(getattr(home, "__path__", ()), f"{home.__name__}.")
    return [home, *(importlib.import_module(each.name) for each in sorted(below, key=lambda each: each.name))]


def inputs_of(family: str) -> tuple[str, ...]:
    """The tables that a family is given; the first decides which rows there are."""
    named: tuple[str, ...] = _module(family).INPUTS
    return named


def doc_of(family: str) -> str:
    """What a family says about itself: its docstring."""
    return (_module(family).__doc__ or "").strip()


def lookbacks(family: str) -> Mapping[str, int]:
    """How many sessions of each table a family must be handed, the wanted session included.

    The first table decides which rows a window has, so it is needed as far back as any feature looks.
    """
    needed = dict.fromkeys(inputs_of(family), 1)
    for each in features_of(family):
        for table in (inputs_of(family)[0], *(column.partition(".")[0] for column in each.inputs)):
            needed[table] = max(needed[table], each.lookback_sessions)
    return needed


def columns_of(family: str, table: str) -> Sequence[str]:
    """The columns of a table that a family's formulas look at, by name."""
    named = (column.partition(".") for each in features_of(family) for column in each.inputs)
    return sorted({column for of, _, column in named if of == table})


def lookback(family: str) -> int:
    """The most sessions of history that a family must be handed, the wanted session included."""
    return max(lookbacks(family).values())


@lru_cache
def family_schema(family: str) -> pa.Schema:
    """The columns of a family's rows: its features, and why those that are null are."""
    return pa.schema([SESSION, SYMBOL, *columns(family), NULLS, AVAILABLE_AT])


def columns(family: str) -> Sequence[pa.Field]:
    """A column for each feature of a family; null where it cannot be told."""
    return [number(each.name, f"{each.doc.rstrip('.')} ({each.unit})", nullable=True) for each in features_of(family)]


def family_frame(family: str) -> Frame:
    """A family's rows as a frame."""
    return Frame(family, family_schema(family), key=("session", "symbol"), stage="features")


@lru_cache
def _version(home: str) -> str:
    return code_version(home, *(f"butter_pipeline.features.{name}" for name in SHARED))


def _module(family: str) -> Any:
    if family not in homes():
        raise FeatureError(f"no family of features is called {family!r}; there are {', '.join(families())}")
    return importlib.import_module(homes()[family])
