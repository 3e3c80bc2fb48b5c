"""Corruptions of files, as edits of a sound file's text.

What belongs here: what can go wrong before there are rows. What does not: writing or reading files.
"""

import gzip
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class FileCorruption:
    """How a sound file of bars is spoiled, and words of the line that must name it."""

    name: str
    caught_as: str
    spoil: Callable[[str], bytes]
    file: str = "bars.csv"


def _cell(text: str) -> Callable[[str], bytes]:
    """The first price of the third line replaced by something else."""

    def spoil(sound: str) -> bytes:
        lines = sound.splitlines()
        cells = lines[2].split(",")
        lines[2] = ",".join([*cells[:2], text, *cells[3:]])
        return "\n".join([*lines, ""]).encode()

    return spoil


def _first_line(name: str, other: str) -> Callable[[str], bytes]:
    return lambda sound: sound.replace(name, other, 1).encode()


FILES = (
    FileCorruption("number as text", "row 3", _cell("twelve")),
    FileCorruption("decimal comma", "row 3", _cell('"12,34"')),
    FileCorruption("number with a unit", "row 3", _cell("12.34 USD")),
    FileCorruption(
        "file cut within a row", "columns where the header has", lambda sound: sound[:-1].rsplit(",", 2)[0].encode()
    ),
    FileCorruption("compressed file cut", "", lambda sound: gzip.compress(sound.encode())[:-40], "bars.csv.gz"),
    FileCorruption("empty file", "is empty", lambda _: b""),
    FileCorruption("header only", "no rows", lambda sound: (sound.splitlines()[0] + "\n").encode()),
    FileCorruption("column missing", "no column", _first_line("close", "shut")),
    FileCorruption("column twice", "twice", _first_line("high", "low")),
    FileCorruption("not text", "bars.csv", lambda _: b"\xff\xfe\x00\x01" * 50),
    FileCorruption("date of no calendar", "row 2", lambda sound: _second_date(sound, "2024-02-31")),
    FileCorruption("ambiguous date", "row 2", lambda sound: _second_date(sound, "03.04.24")),
)


def _second_date(sound: str, text: str) -> bytes:
    head, first, *rest = sound.splitlines()
    return "\n".join([head, ",".join([text, *first.split(",")[1:]]), *rest, ""]).encode()
