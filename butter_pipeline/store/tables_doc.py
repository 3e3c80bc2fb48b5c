"""docs/tables.md, generated: `python -m butter_pipeline.store.tables_doc > docs/tables.md`.

What belongs here: laying out what the schema, the frames and the plan's map already say. What does not:
any meaning of its own; a test compares the page with what is printed here.
"""

import sys
from collections.abc import Iterable, Iterator

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql

from butter_pipeline.frame import Frame
from butter_pipeline.market.frames import CHAINS, INTRADAY
from butter_pipeline.store.plan_columns import PLAN_COLUMNS
from butter_pipeline.store.schema import METADATA, SCHEMAS, VIEWS, is_partitioned

HEAD = """\
# Tables

Generated from `butter_pipeline/store/schema` by `python -m butter_pipeline.store.tables_doc > docs/tables.md`.

Every table is append-only: the database refuses updates and deletes, and a correction is a further row with
a later `available_at`. `available_at` is when the market could know a row, and every read names its `as_of`;
`recorded_at` is our own clock and outside every hash. Ids are sha256 of natural keys. The schemas `labels`
and `marts` belong to dbt and are described by it.
"""

LAKE = """\
## In the lake

Parquet files named by the hash of their content, `<what>/<vendor>/<year>/<session>/<hash>.parquet`, each with
its row in `lake.manifest`. They are reached through `butter_pipeline.store.lake`, never by listing folders.
"""

PLANS = """\
## Where the plans' columns live

The source plans name eight tables. Each of their columns has one home here; one that is still to come names
the stage that will bring it.
"""


def page() -> str:
    """The whole page."""
    return "\n".join(_blocks()).rstrip() + "\n"


def _blocks() -> Iterator[str]:
    yield HEAD
    for schema, comment in SCHEMAS.items():
        yield f"## {schema}\n\n{comment}\n"
        for table in METADATA.tables.values():
            if table.schema == schema:
                yield from _of_table(table)
        for view in VIEWS:
            if view.name.startswith(f"{schema}."):
                yield f"### {view.name}\n\n{view.comment} A view with the columns of `{view.of.fullname}`.\n"
    yield LAKE
    for frame in (CHAINS, INTRADAY):
        yield from _of_frame(frame)
    yield PLANS
    for name, homes in PLAN_COLUMNS.items():
        rows = (
            (f"`{planned}`", f"`{h.place}`", f"to come: {h.stage}" if h.stage else "here")
            for planned, h in homes.items()
        )
        yield f"### {name}\n\n{_grid(('planned', 'home', 'when'), rows)}\n"


def _of_table(table: Table) -> Iterator[str]:
    kept = "by year of `session` (hypertable where TimescaleDB is)" if is_partitioned(table) else "no"
    key = ", ".join(column.name for column in table.primary_key)
    yield f"### {table.fullname}\n\n{table.comment}\n"
    yield f"Owner: {table.info['owner']}. Key: `{key}`. Partitioned: {kept}.\n"
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    rows = []
    for column in table.columns:
        kind = column.type.compile(dialect=dialect).split(" COLLATE")[0].lower()
        refers = "".join(f"; refers to `{key.target_fullname}`" for key in column.foreign_keys)
        rows.append((f"`{column.name}`", _kind(kind, nullable=bool(column.nullable)), f"{column.comment}{refers}"))
    yield _grid(("column", "type", "meaning"), rows) + "\n"


def _of_frame(frame: Frame) -> Iterator[str]:
    yield f"### {frame.name}\n\nOwner: market. Key: `{', '.join(frame.key)}`. One file per vendor and session.\n"
    rows = (
        (f"`{field.name}`", _kind(str(field.type), nullable=field.nullable), field.metadata[b"doc"].decode())
        for field in frame.schema
    )
    yield _grid(("column", "type", "meaning"), rows) + "\n"


def _kind(kind: str, *, nullable: bool) -> str:
    kind = kind.replace("timestamp with time zone", "timestamptz").replace("double precision", "float64")
    return f"{kind}, may be null" if nullable else kind


def _grid(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines)


if __name__ == "__main__":
    sys.stdout.write(page())
