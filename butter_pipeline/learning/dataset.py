"""The dataset of a vintage: opportunities with what was known of them then, and what came of them.

What belongs here: joining, in one fixed order of rows and columns. What does not: reading (whoever has a store), and
fitting (`learning.success`).

A label counts when it had matured by the cut-off; the tables that are handed in were read as of the cut-off.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from butter_pipeline.errors import ButterError
from butter_pipeline.learning.frames import FACTS, STRUCTURE

if TYPE_CHECKING:
    import pyarrow as pa


class MissingFeature(ButterError):
    """A feature that a model or a dataset needs is not there."""


@dataclass(frozen=True)
class Sources:
    """What a dataset is joined from, each as it was known at the cut-off."""

    butterflies: "pa.Table"
    matrix: "pa.Table"
    outcomes: "pa.Table"


@dataclass(frozen=True)
class Dataset:
    """The rows of a vintage, and how many opportunities that matured are not among them for want of a label."""

    table: "pa.Table"
    unlabelled: int


def feature_names(table: "pa.Table") -> Sequence[str]:
    """The features of a dataset's table, in order."""
    return tuple(table.column_names[len(FACTS) :])


def matrix_features(matrix: "pa.Table") -> Sequence[str]:
    """The features that a matrix holds, in its order."""
    import pyarrow as pa

    return [field.name for field in matrix.schema if pa.types.is_float64(field.type)]


def features_of(opportunities: "pa.Table", matrix: "pa.Table", names: Sequence[str]) -> "pa.Table":
    """The named features of each opportunity, row by row: its own, and its symbol's in the matrix of its session.

    A symbol without a row in the matrix has nulls. A feature that neither side has is an error.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    missing = [name for name in names if name not in STRUCTURE and name not in matrix.column_names]
    missing += [name for name in names if name in STRUCTURE and name not in opportunities.column_names]
    if missing:
        raise MissingFeature(f"feature {missing[0]} is missing; make the features again, or a new vintage without it")
    place = pc.index_in(_symbol_sessions(opportunities), value_set=_symbol_sessions(matrix))
    columns = [
        opportunities[name].cast(pa.float64()) if name in STRUCTURE else matrix[name].take(place) for name in names
    ]
    return pa.table(columns, names=list(names))


def _symbol_sessions(table: "pa.Table") -> "pa.Array":
    import pyarrow as pa
    import pyarrow.compute as pc

    session = table["session"].cast(pa.int32()).cast(pa.string())
    return pc.binary_join_element_wise(session, table["symbol"].cast(pa.string()), "/").combine_chunks()


def joined(sources: Sources, span: tuple[date, date]) -> Dataset:
    """The dataset of labels that matured within the span, whose end is the cut-off.

    Sorted by session and opportunity. The features are the opportunities' own, then all of the matrix.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    first, cutoff = pa.scalar(span[0], pa.date32()), pa.scalar(span[1], pa.date32())
    session = sources.outcomes["session"]
    matured = sources.outcomes.filter(pc.and_(pc.greater_equal(session, first), pc.less_equal(session, cutoff)))
    labelled = matured.filter(pc.is_valid(matured["is_profitable"]))
    known = sources.butterflies["opportunity_id"].combine_chunks()
    labelled = labelled.append_column("place", pc.index_in(labelled["opportunity_id"], value_set=known))
    labelled = labelled.filter(pc.is_valid(labelled["place"]))
    labelled = labelled.sort_by([("opened_session", "ascending"), ("opportunity_id", "ascending")])
    found = sources.butterflies.take(labelled["place"])
    names = [*STRUCTURE, *matrix_features(sources.matrix)]
    facts = pa.table(
        [
            found["session"],
            found["opportunity_id"],
            found["symbol"],
            labelled["session"],
            labelled["is_profitable"],
            labelled["profit_pct"],
        ],
        schema=pa.schema(FACTS),
    )
    features = features_of(found, sources.matrix, names)
    table = pa.table([*facts.columns, *features.columns], names=[*facts.column_names, *names])
    return Dataset(table.combine_chunks(), matured.num_rows - labelled.num_rows)
