"""Computing a family: tables in, one row per symbol and session out.

What belongs here: bringing formulas together with what they are given, and their results into rows. What does not:
formulas (`families`), windows (`windows`), reading and keeping (the skin).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

import numpy as np
import pyarrow as pa

from butter_pipeline.features.chain import smiles
from butter_pipeline.features.models.searching import Remembered
from butter_pipeline.features.reasons import Seen, reasons, told
from butter_pipeline.features.registry import (
    Feature,
    Floats,
    columns_of,
    families,
    family_schema,
    features_of,
    inputs_of,
)
from butter_pipeline.features.sittings import sittings
from butter_pipeline.features.windows import View, Window, panel_of, windows
from butter_pipeline.market.frames import FRAMES
from butter_pipeline.market.sessions import as_of, calendar


def compute(
    family: str, inputs: Mapping[str, pa.Table], sessions: Sequence[date], remembered: Remembered | None = None
) -> pa.Table:
    """A family's rows of the sessions, by session and symbol; one for every symbol of its first table.

    `inputs` are the tables that the family names, over the wanted sessions and as many before as `lookbacks` says;
    what they hold beyond that changes nothing. What cannot be told is null, and the column `nulls` says why: too little
    history, a bar whose prices are no positive numbers, a division by nothing (`reasons.REASONS`). Models that are
    `remembered` are not fitted again; that changes nothing but the time taken.
    """
    missing = [name for name in inputs_of(family) if name not in inputs]
    if missing:
        raise ValueError(f"family {family} needs {', '.join(missing)}; hand in {', '.join(inputs_of(family))}")
    features = features_of(family)
    schema = family_schema(family)
    batches = _batches(family, inputs, sessions, remembered)
    parts = [_rows(schema, of, zip(features, shown, strict=True)) for of, shown in batches]
    return pa.concat_tables([schema.empty_table(), *parts]).combine_chunks()


def _batches(
    family: str, inputs: Mapping[str, pa.Table], sessions: Sequence[date], remembered: Remembered | None
) -> Iterator[tuple[Seen | Window, Sequence[Seen | View]]]:
    """Batches of wanted rows, each with what every feature is shown of it."""
    features = features_of(family)
    if inputs_of(family) == ("chains",):
        found = smiles(inputs["chains"], sessions)
        yield found, [found] * len(features)
    elif inputs_of(family) == ("intraday",):
        sat = sittings(inputs["intraday"], sessions)
        yield sat, [sat] * len(features)
    else:
        named = inputs_of(family)
        panel = panel_of({name: _looked_at(family, name, inputs[name]) for name in named}, named)
        yield from windows(panel, sessions, features, remembered)


def _looked_at(family: str, name: str, table: pa.Table) -> pa.Table:
    """An input; of another family's wide rows, only the columns that formulas look at."""
    if name in FRAMES or name not in families():
        return table
    return table.select(["session", "symbol", *columns_of(family, name)])


def _rows(schema: pa.Schema, of: Seen | Window, features: Iterable[tuple[Feature, Seen | View]]) -> pa.Table:
    days, day = np.unique(of.place, return_inverse=True)
    held = [calendar()[each] for each in days]
    values, codes, declared = [], [], []
    with np.errstate(all="ignore"):
        for feature, shown in features:
            found = feature.formula(shown)
            values.append(_finite(found))
            codes.append(reasons(shown, feature, found))
            declared.append(feature)
    sessions = pa.array(held, pa.date32()).take(pa.array(day))
    known = pa.array([as_of(each) for each in held], schema.field("available_at").type).take(pa.array(day))
    names = pa.array(of.symbols, pa.string()).take(pa.array(of.symbol))
    return pa.table([sessions, names, *values, told(declared, codes), known], schema=schema)


def _finite(values: Floats) -> pa.Array:
    return pa.array(values, pa.float64(), mask=~np.isfinite(values))
