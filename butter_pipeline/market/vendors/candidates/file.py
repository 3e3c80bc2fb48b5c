"""A file of candidates, CSV (or Parquet) or JSON.

CSV has the columns date, symbol, list, confidence, reasoning in any order and usual spelling, and perhaps available_at.
JSON is a list of answers as a service gives them, each with its session, and perhaps available_at:
`[{"session": "2024-03-05", "candidates": [...], "available_at": "2024-03-05T21:30:00Z"}, ...]`.

What belongs here: turning a file into one answer per session. What does not: checking items (`answers`).
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from butter_pipeline.market.frames import CANDIDATES
from butter_pipeline.market.sessions import close_at, is_session, session_from
from butter_pipeline.market.vendors.candidates.protocol import Answer
from butter_pipeline.market.vendors.protocol import VendorError

LAG = timedelta(minutes=30)
"""From the close until a file's candidates can be known, unless it says otherwise."""


class FileOfCandidates:
    """A file, read again when it changes."""

    may_differ = False

    def __init__(self, path: Path) -> None:
        """A source that reads `path`."""
        self._path = path

    @property
    def name(self) -> str:
        """`file-<name>`."""
        return "file-" + (re.sub(r"[^a-z0-9]+", "-", self._path.stem.lower()).strip("-") or "candidates")

    def answer(self, session: date, symbols: Sequence[str]) -> Answer | None:
        """What the file proposes for the session."""
        return self._answers().get(session)

    def probe(self) -> str:
        """Whether the file can be read, and what it holds."""
        held = self._answers()
        return f"{len(held)} sessions, {min(held)} to {max(held)}" if held else "no candidates"

    def _answers(self) -> Mapping[date, Answer]:
        if not self._path.is_file():
            raise VendorError(f"{self._path}: no such file; set BUTTER_CANDIDATES_FILE to the file of candidates")
        state = self._path.stat()
        return _read(self._path, (state.st_mtime_ns, state.st_size))


@lru_cache(maxsize=4)
def _read(path: Path, _state: tuple[int, int]) -> Mapping[date, Answer]:
    return _from_json(path) if path.suffix == ".json" else _from_rows(path)


def _from_rows(path: Path) -> Mapping[date, Answer]:
    from butter_pipeline.market.vendors.tabular.form import Form
    from butter_pipeline.market.vendors.tabular.rows import Task, read

    sheet = read(path, CANDIDATES, Task(Form(), LAG, given=("source", "answer_hash")))
    items: dict[date, list[Any]] = {}
    known: dict[date, datetime] = {}
    for row in sheet.rows.to_pylist():
        session = row["session"]
        if not is_session(session):
            fault = f"{path}: {session} is no exchange session"
            _refuse(items, known, session, {"unreadable": fault, "row": json.dumps(row, default=str)})
            continue
        items.setdefault(session, []).append(
            {name: row[name] for name in ("symbol", "list", "confidence", "reasoning")}
        )
        known[session] = max(row["available_at"], known.get(session, row["available_at"]))
    for row in sheet.refused.to_pylist():
        if row["session"] is not None:
            _refuse(items, known, row["session"], {"unreadable": row["detail"], "row": row["row_json"]})
    return {session: Answer(_text(rows), known[session]) for session, rows in items.items()}


def _refuse(items: dict[date, list[Any]], known: dict[date, datetime], day: date, item: dict[str, str]) -> None:
    """Put a row that cannot be used into the answer of its day, or of the session that follows a day without one."""
    session = session_from(day)
    if session is not None:
        items.setdefault(session, []).append(item)
        known.setdefault(session, close_at(session) + LAG)


def _from_json(path: Path) -> Mapping[date, Answer]:
    try:
        answers = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise VendorError(f"{path}: cannot be read as JSON ({error}); correct the file") from None
    if not isinstance(answers, list):
        raise VendorError(f"{path}: must hold a list of answers, holds {type(answers).__name__}; correct the file")
    found: dict[date, Answer] = {}
    for place, answer in enumerate(answers, 1):
        session, stated = _moments(path, place, answer)
        if session in found:
            raise VendorError(f"{path}: answer {place}: session {session} stands there twice; keep one")
        found[session] = Answer(_text(answer["candidates"]), stated or close_at(session) + LAG)
    return found


def _moments(path: Path, place: int, answer: Any) -> tuple[date, datetime | None]:
    """The session of an answer, and since when it was known if that is said."""
    where = f"{path}: answer {place}"
    if not isinstance(answer, dict) or not isinstance(answer.get("candidates"), list):
        raise VendorError(f"{where}: must be an object with session and a list of candidates; correct the file")
    try:
        session = date.fromisoformat(answer.get("session"))  # type: ignore[arg-type]  # refused below
        stated = answer.get("available_at")
        moment = None if stated is None else datetime.fromisoformat(stated)
    except (TypeError, ValueError) as error:
        raise VendorError(f"{where}: session or available_at cannot be read ({error}); correct the file") from None
    if not is_session(session):
        raise VendorError(f"{where}: {session} is no exchange session; correct the file")
    if moment is not None and moment.tzinfo is None:
        raise VendorError(f"{where}: available_at must carry a time zone such as Z, was {stated!r}; correct the file")
    return session, moment


def _text(items: Sequence[Any]) -> str:
    return json.dumps({"candidates": items}, sort_keys=True)
