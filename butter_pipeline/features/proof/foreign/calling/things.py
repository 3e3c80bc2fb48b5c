"""What in a file can be judged, and making it callable.

What belongs here: telling functions, classes, fitted transforms and the house's own features apart. What does not:
loading files (`module`), and calling (`calls`).

Names that begin with an underscore are helpers. A class is judged by its `fit` and `transform` (or what it calls them),
else by the one method that takes bars; its constructor must need nothing.
"""

import inspect
import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from butter_pipeline.features.proof.foreign.calling.plans import NUMBERS
from butter_pipeline.features.proof.foreign.calling.spelling import plain_function
from butter_pipeline.features.registry import Feature
from butter_pipeline.features.transforms import Transform

APPLY = ("transform", "apply", "predict", "predict_proba", "score_samples", "decision_function")
COMPUTE = ("__call__", "compute", "calculate", "calc", "values", "run", "generate", "signal", "evaluate", "feature")
FUNCTION, FITTED, DECLARED = "function", "fitted transform", "declared feature"


@dataclass(frozen=True)
class Thing:
    """Something to judge: its name, what kind it is, and the callable that stands for it."""

    name: str
    kind: str
    call: Any


def things(module: types.ModuleType) -> Iterator[Thing]:
    """What a module holds to be judged, in its own order."""
    for name, value in list(vars(module).items()):
        if not name.startswith("_"):
            yield from _things(name, value, module.__name__)


def thing(module: types.ModuleType, name: str) -> Thing:
    """The thing of a name."""
    return next(each for each in things(module) if each.name == name)


def _things(name: str, value: Any, home: str) -> Iterator[Thing]:
    if isinstance(value, Feature):
        if value.formula.__module__ == home:
            yield Thing(name, DECLARED, value)
    elif isinstance(value, Transform):
        yield Thing(name, FITTED, value)
    elif isinstance(value, type):
        if value.__module__ == home:
            yield from _of_class(name, value)
    elif getattr(plain_function(value), "__module__", None) == home and callable(value):
        if isinstance(plain_function(value), types.FunctionType):
            yield Thing(name, FUNCTION, value)
        else:
            yield from _of_object(name, value)
    elif type(value).__module__ == home:
        yield from _of_object(name, value)


def _of_class(name: str, found: type) -> Iterator[Thing]:
    methods = {each for each in dir(found) if callable(getattr(found, each, None))}
    if not methods & {"fit", *COMPUTE[1:]} and "__call__" not in vars(found):
        return
    if "fit" in methods and methods & set(APPLY):
        yield Thing(name, FITTED, found)
        return
    for method in COMPUTE:
        if method in vars(found):
            yield Thing(f"{name}.{method}", FUNCTION, _Method(found, method))
            return


def _of_object(name: str, value: Any) -> Iterator[Thing]:
    if hasattr(value, "fit") and any(hasattr(value, each) for each in APPLY):
        yield Thing(name, FITTED, value)
        return
    for method in COMPUTE:
        if method in vars(type(value)):
            yield Thing(f"{name}.{method}", FUNCTION, getattr(value, method))
            return


class _Method:
    """A method of a class as a function: one object for all its calls."""

    def __init__(self, found: type, method: str) -> None:
        self._class, self._method = found, method
        self._bound: Any = None
        self.__wrapped__ = getattr(found, method)
        inside = inspect.signature(self.__wrapped__)
        self.__signature__ = inside.replace(parameters=list(inside.parameters.values())[1:])

    def __call__(self, *given: Any, **named: Any) -> Any:
        if self._bound is None:
            self._bound = getattr(made(self._class), self._method)
        return self._bound(*given, **named)


def made(found: type) -> Any:
    """An object of a class; parameters that it insists upon are given a usual number."""
    needed = [
        each.name
        for each in inspect.signature(found).parameters.values()
        if each.default is each.empty and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
    ]
    return found(**{name: NUMBERS.get(name, 20) for name in needed})


def fit(thing: Any, sample: Any) -> Any:
    """What is handed on from a sample: parameters, or the fitted object."""
    if isinstance(thing, Transform):
        return thing.fit(sample)
    fitted = made(thing) if isinstance(thing, type) else thing
    more = [sample[:, 0]] if _needs_target(fitted.fit) else []
    parameters = fitted.fit(sample, *more)
    return fitted, parameters


def applied(thing: Any, state: Any, rows: Any) -> Any:
    """What a fitted thing makes of rows."""
    if isinstance(thing, Transform):
        return thing.apply(state, rows)
    fitted, parameters = state
    apply = next(getattr(fitted, each) for each in APPLY if hasattr(fitted, each))
    needed = [each for each in inspect.signature(apply).parameters.values() if each.default is each.empty]
    return apply(parameters, rows) if len(needed) > 1 else apply(rows)


def fitting_function(thing: Any) -> Any:
    """The function whose first parameter says what is fitted on."""
    return (made(thing) if isinstance(thing, type) else thing).fit


def _needs_target(method: Any) -> bool:
    needed = [each for each in inspect.signature(method).parameters.values() if each.default is each.empty]
    return len(needed) > 1
