"""A spoiled file, read as a user's folder would be.

What belongs here: writing a sound table as text, spoiling it, and what reading it says. What does not: how files are
spoiled (`quality.catalogue.files`).
"""

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pyarrow as pa

from butter_pipeline.market.frames import BARS
from butter_pipeline.market.ingest import ingest
from butter_pipeline.market.quality.catalogue import FileCorruption
from butter_pipeline.market.vendors.csv_folder import CsvFolder
from butter_pipeline.market.vendors.protocol import VendorError, refused

LAG = timedelta(minutes=30)


def try_file(spoiled: FileCorruption, sound: pa.Table, folder: Path) -> tuple[bool, str]:
    """Whether a spoiled file is named for what it is, and what was said."""
    place = folder / spoiled.name.replace(" ", "-")
    place.mkdir()
    (place / spoiled.file).write_bytes(spoiled.spoil(_as_text(sound)))
    said = list(_said(CsvFolder(place, LAG), sound))
    return any(spoiled.caught_as in line for line in said) and bool(said), "; ".join(said)


def _said(vendor: CsvFolder, sound: pa.Table) -> Iterator[str]:
    """The reader's refusal, or what is said of the sessions that were read."""
    sessions = sorted(set(sound["session"].to_pylist()))
    try:
        if vendor.first_session > sessions[-1]:
            return
        verdict = ingest(vendor, "bars", sessions)
        unreadable = refused(vendor, BARS, sessions)
    except VendorError as error:
        yield str(error)
        return
    yield from unreadable["detail"].to_pylist()
    yield from (found.reason for found in verdict.sessions.values() if found.reason)
    yield from (f"{row['reason']}: {row['detail']}" for row in verdict.rejected.to_pylist())


def _as_text(sound: pa.Table) -> str:
    import pyarrow.csv as pacsv

    sink = io.BytesIO()
    options = pacsv.WriteOptions(quoting_style="none")
    pacsv.write_csv(sound.drop_columns(["available_at"]), sink, options)
    return sink.getvalue().decode()
