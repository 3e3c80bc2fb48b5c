"""The rules of a frame as a pandera schema, and rows held against it.

What belongs here: making the schema of rules, and rejecting what breaks it. What does not: the rules (`rules`).

The schema says why a row is refused. Most tables hold none to refuse, and putting a million rows through pandera costs
more than reading them: so the rules' own conditions are asked first, for all rows at once, and only rows of which
one does not hold come before the schema. A test holds the two against each other on whole tables.
"""

import os
from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

from butter_pipeline.market.quality.rows import Rows
from butter_pipeline.market.quality.rules import Rule

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas
    from numpy.typing import NDArray

_MARKS = ("PYARROW_IGNORE_TIMEZONE", "SPARK_LOCAL_IP")


class _Frame:
    """A table of pandas in the eyes of a rule."""

    def __init__(self, frame: "pd.DataFrame") -> None:
        self._frame = frame

    def column(self, name: str) -> "NDArray[Any]":
        values = self._frame[name]
        return (values.cat.codes if values.dtype == "category" else values).to_numpy()

    def names(self, name: str) -> list[str]:
        return list(self._frame[name].cat.categories)


def schema_of(name: str, rules: Sequence[Rule]) -> "pandera.pandas.DataFrameSchema":
    """The schema of a frame's rows: a check for each rule."""
    import pandas as pd

    library = _pandera()

    def check(rule: Rule) -> Any:
        def holds(frame: "pd.DataFrame") -> "pd.Series[bool]":
            return pd.Series(rule.holds(_Frame(frame)), index=frame.index, dtype=bool)

        # The rows at fault are read from the check's output: listing every case would cost seconds.
        return library.Check(holds, name=rule.reason, ignore_na=False, n_failure_cases=1)

    made: pandera.pandas.DataFrameSchema = library.DataFrameSchema(checks=[check(rule) for rule in rules], name=name)
    return made


def apply(rows: Rows, rules: Sequence[Rule]) -> None:
    """Reject the rows that break a rule."""
    import numpy as np

    held = np.ones(len(rows), dtype=bool)
    for rule in rules:
        held &= rule.holds(rows)
    suspects = np.flatnonzero(~held)
    if not len(suspects):
        return
    broken = broken_by(rows, suspects, rules)
    for rule in rules:
        if rule.reason in broken:
            where = np.zeros(len(rows), dtype=bool)
            where[suspects[broken[rule.reason]]] = True
            rows.reject(where, rule.reason, rule.detail)


def broken_by(rows: Rows, places: "NDArray[Any]", rules: Sequence[Rule]) -> "dict[str, NDArray[Any]]":
    """Of the rows at some places, those that break each rule, by the schema's word."""
    schema = schema_of(rows.frame.name, rules)
    library = _pandera()
    try:
        schema.validate(_as_pandas(rows, places), lazy=True)
    except library.errors.SchemaErrors as errors:
        found = {}
        for error in errors.schema_errors:
            held = error.check_output
            if held is None:  # a check that could not run must not pass for one that held
                raise RuntimeError(f"{rows.frame.name}: rule {error.check.name!r} failed to run") from errors
            found[str(error.check.name)] = ~held.to_numpy(dtype=bool)
        return found
    return {}


def _pandera() -> ModuleType:
    """The library, without the mark that importing it leaves on the process.

    It sets PYARROW_IGNORE_TIMEZONE for pyspark's sake, present or not. From then on Arrow takes 16:30-05:00
    for 16:30 UTC, here and in every child process, and rows would be known hours before they were.
    """
    before = {name: os.environ.get(name) for name in _MARKS}
    import pandera.pandas

    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
    return pandera.pandas


def _as_pandas(rows: Rows, places: "NDArray[Any]") -> "pd.DataFrame":
    """The rows at some places: numbers as they are, dates as days, texts as categories."""
    import pandas as pd

    columns: dict[str, Any] = {}
    for field in rows.frame.schema:
        columns[field.name] = rows.column(field.name)[places]
        if str(field.type) == "string":
            categories = pd.Index(rows.names(field.name))
            columns[field.name] = pd.Categorical.from_codes(columns[field.name], categories=categories)
    return pd.DataFrame(columns, copy=False)
