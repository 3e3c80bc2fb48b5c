"""Many plain files of one form, read as one: a folder with a file for each instrument, at the speed of one file.

What belongs here: which files may be read so, and their joining. What does not: how rows are read (`rows`), and
anything that a file may have wrong: where there is the least doubt, each is read by itself and says what it is.

Only files whose rows mean the same beside others as alone are joined: daily bars as plain text under one header, their
dates with the year first. No row of one file may run into the next: the rows read must be as many as the lines.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import groupby

from butter_pipeline.frame import Frame
from butter_pipeline.market.frames import BARS
from butter_pipeline.market.vendors.protocol import REFUSED, VendorError
from butter_pipeline.market.vendors.tabular import source
from butter_pipeline.market.vendors.tabular.futures import spliced, traded
from butter_pipeline.market.vendors.tabular.places import Place
from butter_pipeline.market.vendors.tabular.raw.dialect import Dialect, dialect_of
from butter_pipeline.market.vendors.tabular.raw.text import plain_columns
from butter_pipeline.market.vendors.tabular.refused import refused_file
from butter_pipeline.market.vendors.tabular.rows import Sheet, Task, in_schema, needed, read, table_of
from butter_pipeline.market.vendors.tabular.spellings import columns_of

PLAIN_ENDINGS = (".csv", ".tsv")
AT_ONCE_BYTES = 1 << 24
"""So much text is joined at once; it lies in memory while it is read."""
AT_A_TIME = 2
"""Parts that are read side by side."""
NEW_LINE = 10
YEAR_FIRST = r"^\d{4}[-/.]?\d{1,2}[-/.]?\d{1,2}$"
"""Dates that need no other row of their file to be understood."""


def read_all(found: Sequence[Place], frame: Frame, task: Task) -> Sequence[Sheet]:
    """The rows of some files, in their order; `task` is that of a file whose name tells nothing.

    A file that cannot be read hides no other: it is an unreadable row. Where none can be, the first is refused.
    """
    parts = [
        (part, form)
        for form, some in groupby(found, lambda place: _form(place, frame, task))
        for part in (_parts(list(some)) if form is not None else [[place] for place in some])
    ]
    # While Arrow reads the text of one part, the rows of the one before are made of its columns.
    with ThreadPoolExecutor(AT_A_TIME) as readers:
        read_parts = readers.map(lambda each: list(_sheets(each[0], frame, task, each[1])), parts)
        sheets = [sheet for part in read_parts for sheet in part]
    faults = [sheet.fault for sheet in sheets if sheet.fault is not None]
    if faults and len(faults) == len(sheets):
        raise faults[0]
    return sheets


def _sheets(some: Sequence[Place], frame: Frame, task: Task, form: Dialect | None) -> Iterator[Sheet]:
    """The files joined; where something is amiss among them, halves of them, down to single files."""
    if len(some) == 1 or form is None:
        yield from (_alone(place, frame, task) for place in some)
        return
    joined = _joined(some, frame, task, form)
    if joined is not None:
        yield joined
        return
    half = len(some) // 2
    yield from _sheets(some[:half], frame, task, form)
    yield from _sheets(some[half:], frame, task, form)


def _alone(place: Place, frame: Frame, task: Task) -> Sheet:
    own = replace(task, name=place.name, minutes=place.minutes)
    try:
        sheet = read(place.path, frame, own)
        return traded(place.path, sheet, own) if frame is BARS else sheet
    except VendorError as error:
        return Sheet(frame.schema.empty_table(), refused_file(place.path, error, place.name), error)


def _form(place: Place, frame: Frame, task: Task) -> Dialect | None:
    """How a file is written, if it may be read with others."""
    if frame is not BARS or place.path.suffix not in PLAIN_ENDINGS or not place.name or task.form.decimal == "comma":
        return None
    try:
        dialect = dialect_of(place.path)
    except VendorError:  # told when it is read alone
        return None
    plain = (
        dialect.encoding == "utf-8" and place.name == place.name.strip() and spliced(dialect.header, task.form) is None
    )
    return dialect if plain else None


def _parts(some: Sequence[Place]) -> Iterator[Sequence[Place]]:
    part: list[Place] = []
    size = 0
    for place in some:
        own = place.path.stat().st_size if place.path.exists() else 0
        size += own
        if part and size > AT_ONCE_BYTES:
            yield part
            part, size = [], own
        part.append(place)
    yield part


def _joined(some: Sequence[Place], frame: Frame, task: Task, form: Dialect) -> Sheet | None:
    """The rows of some files; none where they are not plainly one table."""
    bodies = [body for place in some if (body := _body(place, form)) is not None]
    if len(bodies) < len(some):
        return None
    try:
        found = _columns(bodies, frame, (task, form), some)
        table = None if found is None else table_of(found, frame, task)[0]
    except VendorError:  # the file that it is said of says it again, by itself
        return None
    if table is None or found is None or not found.faults.good.all():
        return None
    return Sheet(in_schema(table, frame), REFUSED.empty_table())


def _body(place: Place, form: Dialect) -> bytes | None:
    """What stands below a file's header, every line with its end; none where that is not plain."""
    try:
        text = place.path.read_bytes()
    except OSError:
        return None
    start = 0
    for _ in range(form.skipped):
        start = text.find(b"\n", start) + 1
        if not start:
            return None
    if b"\r" in text and text.count(b"\r") != text.count(b"\r\n"):
        return None
    body = text[start:]
    return body if body.endswith(b"\n") or not body else body + b"\n"


def _columns(
    bodies: list[bytes], frame: Frame, how: tuple[Task, Dialect], some: Sequence[Place]
) -> source.Found | None:
    """The columns of all files with the name of each row's; none where a row or a date may be another one's."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    task, form = how
    columns = columns_of(form.header, frame, task.form, some[0].path)
    absent = set(needed(frame, replace(task, name=some[0].name))) - set(columns.places)
    if absent or len(columns.stamp) != 1 or "available_at" in columns.places:
        return None
    body = pa.BufferReader(pa.py_buffer(b"".join(bodies)))
    plain = plain_columns(body, replace(form, skipped=0), source.kinds_of(columns, frame))
    if plain is None:
        return None
    counts = [int(np.count_nonzero(np.frombuffer(body, np.uint8) == NEW_LINE)) for body in bodies]
    stamps = plain[columns.stamp[0]]
    dates = source.encoded(stamps).dictionary
    if len(stamps) != sum(counts) or not pc.all(pc.match_substring_regex(dates, YEAR_FIRST)).as_py():
        return None
    found = source.of_columns(some[0].path, frame, (columns, form), (plain, 0), task.form)
    if "symbol" not in columns.places:
        places = pa.array(np.repeat(np.arange(len(some), dtype=np.int32), counts))
        names = pa.DictionaryArray.from_arrays(places, pa.array([place.name for place in some], pa.string()))
        found.columns["symbol"] = pa.chunked_array([names])
    return found
