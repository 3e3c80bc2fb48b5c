"""What features there are: declared where they are defined, found by looking there.

What belongs here: what a feature states about itself, and listing features, families and their schemas. What does
not: formulas (`families`) and computing them (`compute`).

A family is a module of `families`; its features are the decorated functions of that module, in their order.
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from butter_pipeline.frame import AVAILABLE_AT, SESSION, Frame, number, text
from butter_pipeline.identity import code_version

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]
Formula = Callable[[Any], Floats]

SHARED = ("windows", "chain", "smoothing", "models")
"""Modules whose arithmetic is part of every formula."""
SPARE_SESSIONS = 10
"""A symbol that missed a few sessions still has its rows: so many more sessions are searched for them."""
SYMBOL = text("symbol", "instrument")


@dataclass(frozen=True)
class Feature:
    """One feature: its formula and what it states about itself.

    `inputs` are the only columns that the formula is shown, each as table.column; `lookback_rows` how many of the
    symbol's last rows it is shown, its own included; `bounds` the least and greatest value it can take.
    """

    formula: Formula
    inputs: tuple[str, ...]
    lookback_rows: int
    unit: str
    bounds: tuple[float, float] | None = None

    @property
    def lookback_sessions(self) -> int:
        """The sessions in which those rows are looked for, its own included."""
        return self.lookback_rows if self.lookback_rows == 1 else self.lookback_rows + SPARE_SESSIONS

    @property
    def name(self) -> str:
        """The name of the formula, and of the column."""
        return self.formula.__name__

    @property
    def family(self) -> str:
        """The module that it stands in."""
        return self.formula.__module__.rpartition(".")[2]

    @property
    def doc(self) -> str:
        """The first line of the formula's docstring."""
        return (self.formula.__doc__ or "").strip().partition("\n")[0]

    @property
    def version(self) -> str:
        """A hash over the source of its family and of what all formulas share."""
        return code_version(self.formula.__module__, *(f"butter_pipeline.features.{name}" for name in SHARED))


def feature(
    inputs: Sequence[str], lookback_rows: int, unit: str, bounds: tuple[float, float] | None = None
) -> Callable[[Formula], Feature]:
    """Declare the function below a feature of the module it stands in."""

    def declared(formula: Formula) -> Feature:
        return Feature(formula, tuple(inputs), lookback_rows, unit, bounds)

    return declared


@lru_cache
def families() -> tuple[str, ...]:
    """The families, by name."""
    package = importlib.import_module("butter_pipeline.features.families")
    return tuple(sorted(module.name for module in pkgutil.iter_modules(package.__path__)))


@lru_cache
def features_of(family: str) -> tuple[Feature, ...]:
    """A family's features, in the order in which they are defined."""
    found = (each for each in vars(_module(family)).values() if isinstance(each, Feature))
    return tuple(each for each in found if each.family == family)


def inputs_of(family: str) -> tuple[str, ...]:
    """The tables that a family is given; the first decides which rows there are."""
    named: tuple[str, ...] = _module(family).INPUTS
    return named


def lookbacks(family: str) -> Mapping[str, int]:
    """How many sessions of each table a family must be handed, the wanted session included."""
    needed = dict.fromkeys(inputs_of(family), 1)
    for each in features_of(family):
        for column in each.inputs:
            table = column.partition(".")[0]
            needed[table] = max(needed[table], each.lookback_sessions)
    return needed


def lookback(family: str) -> int:
    """The most sessions of history that a family must be handed, the wanted session included."""
    return max(lookbacks(family).values())


@lru_cache
def family_schema(family: str) -> pa.Schema:
    """The columns of a family's rows."""
    return pa.schema([SESSION, SYMBOL, *columns(family), AVAILABLE_AT])


def columns(family: str) -> Sequence[pa.Field]:
    """A column for each feature of a family; null where it cannot be told."""
    return [number(each.name, f"{each.doc.rstrip('.')} ({each.unit})", nullable=True) for each in features_of(family)]


def family_frame(family: str) -> Frame:
    """A family's rows as a frame."""
    return Frame(family, family_schema(family), key=("session", "symbol"), stage="features")


def _module(family: str) -> Any:
    if family not in families():
        raise ValueError(f"no family of features is called {family!r}; there are {', '.join(families())}")
    return importlib.import_module(f"butter_pipeline.features.families.{family}")
