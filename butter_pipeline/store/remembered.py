"""What was fitted before, kept in a file of the home: what may be lost, because it can be fitted again.

What belongs here: reading and writing such a file. What does not: what is fitted and how it is named
(`features.models.searching`), and results, which are in the lake.

Names are hashes of all that a fit rests on, so what has become stale is never asked for again. A file holds what the
last run asked for and no more: the month's fits for the sessions that follow. It begins with a digest of the rest, for
Arrow would read a damaged number as a good one.
"""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pyarrow as pa

from butter_pipeline.features.models.searching import Remembered
from butter_pipeline.features.registry import Floats
from butter_pipeline.store.files import folder

DIGEST_BYTES = 16
SCHEMA = pa.schema([pa.field("name", pa.binary(), nullable=False), pa.field("found", pa.list_(pa.float64()))])


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
    data = place.read_bytes()
    digest, payload = data[:DIGEST_BYTES], data[DIGEST_BYTES:]
    if digest != blake2b(payload, digest_size=DIGEST_BYTES).digest():
        warnings.warn(f"{place} is damaged; what it remembered is fitted again", RuntimeWarning, stacklevel=4)
        return {}
    with pa.ipc.open_file(pa.py_buffer(payload)) as file:
        table = file.read_all().combine_chunks()
    found = table["found"].combine_chunks()
    edges, values = found.offsets.to_numpy(), found.values.to_numpy()
    return dict(zip(table["name"].to_pylist(), np.split(values, edges[1:-1]), strict=True))


def _write(place: Path, rows: Mapping[bytes, Floats]) -> None:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, SCHEMA) as file:
        file.write_table(pa.table([list(rows), list(rows.values())], schema=SCHEMA))
    payload = sink.getvalue().to_pybytes()
    digest = blake2b(payload, digest_size=DIGEST_BYTES).digest()
    folder(str(place.parent)).put(place.name, digest + payload)
