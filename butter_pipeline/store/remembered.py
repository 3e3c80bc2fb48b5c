"""What was fitted before, kept in a file of the home: what may be lost, because it can be fitted again.

What belongs here: reading and writing such a file. What does not: what is fitted and how it is named
(`features.models.searching`), and results, which are in the lake.

Names are hashes of all that a fit rests on, so what has become stale is never asked for again. A file holds what the
last run asked for and no more: the month's fits for the sessions that follow.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa

from butter_pipeline.errors import ButterError
from butter_pipeline.features.models.searching import Remembered
from butter_pipeline.features.registry import Floats

SCHEMA = pa.schema([pa.field("name", pa.binary(), nullable=False), pa.field("found", pa.list_(pa.float64()))])


class MemoryDamaged(ButterError):
    """A file of fits that cannot be read; the message says which."""


@contextmanager
def remembered(place: Path) -> Iterator[Remembered]:
    """What the file remembers; what the block asked for is in it afterwards."""
    known = Remembered(_read(place))
    yield known
    if known.asked and known.asked.keys() != known.before.keys():
        _write(place, known.asked)


def _read(place: Path) -> Mapping[bytes, Floats]:
    if not place.exists():
        return {}
    try:
        with pa.OSFile(str(place), "rb") as source, pa.ipc.open_file(source) as file:
            table = file.read_all().combine_chunks()
    except pa.ArrowException as error:
        raise MemoryDamaged(f"{place} cannot be read ({error}); remove it, and its fits are made again") from None
    found = table["found"].combine_chunks()
    edges, values = found.offsets.to_numpy(), found.values.to_numpy()
    return dict(zip(table["name"].to_pylist(), np.split(values, edges[1:-1]), strict=True))


def _write(place: Path, rows: Mapping[bytes, Floats]) -> None:
    """The whole file or none, whatever ends this process."""
    table = pa.table([list(rows), list(rows.values())], schema=SCHEMA)
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = place.with_suffix(f".{os.getpid()}.draft")
    with pa.OSFile(str(draft), "wb") as sink, pa.ipc.new_file(sink, SCHEMA) as file:
        file.write_table(table)
    draft.replace(place)
