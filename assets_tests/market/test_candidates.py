"""Candidates from a source to their table: raw answers kept, wrong items in quarantine, the first answer stands."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from butter_pipeline.derivation import Run
from butter_pipeline.market.candidates import take_in
from butter_pipeline.market.frames import CANDIDATE_ANSWERS, CANDIDATES
from butter_pipeline.market.sessions import as_of
from butter_pipeline.market.vendors.candidates import Answer
from butter_pipeline.market.vendors.csv_folder import CsvFolder
from butter_pipeline.store import Store, frames, outcomes
from butter_pipeline.store.outcomes import Outcome
from butter_pipeline.store.terms import Reading

pytestmark = pytest.mark.database
MON, TUE = date(2024, 3, 4), date(2024, 3, 5)
EVENING = as_of(TUE) + timedelta(minutes=30)
ITEM = {"symbol": "AAA", "list": "long", "confidence": 0.7, "reasoning": "because"}


@dataclass
class Model:
    """A source that says something else each time."""

    texts: list[str]
    may_differ: bool = True
    name: str = "chat-test"
    asked: list[date] = field(default_factory=list)

    def answer(self, session: date, symbols: Sequence[str]) -> Answer:
        self.asked.append(session)
        return Answer(self.texts[len(self.asked) - 1], EVENING, f"what of {session}?")


def taken_in(store: Store, folder: Path, source: Any, now: datetime = EVENING) -> list[Outcome]:
    rows = [f"{day},{symbol},10,11,9,10,100" for day in (MON, TUE) for symbol in ("AAA", "BBB")]
    folder.mkdir(exist_ok=True)
    (folder / "bars.csv").write_text("\n".join(["session,symbol,open,high,low,close,volume", *rows]))
    vendor = CsvFolder(folder, timedelta(minutes=30))
    run = Run(vendor=vendor.name, received_at=now, recorded_at=now, code_version="c", config_hash="h", run_id=str(now))
    return list(take_in(store, vendor, source, [MON, TUE], run))


def stored(store: Store, frame: Any, moment: datetime) -> list[dict[str, Any]]:
    return frames.read(store, frame, Reading(vendor="csv-feed", first=MON, last=TUE, as_of=moment)).to_pylist()


def quarantined(store: Store) -> list[tuple[str, str, str]]:
    from sqlalchemy import text

    with store.engine.connect() as connection:
        rows = connection.execute(text("select reason, detail, row_json from market.quarantine order by detail"))
        return [tuple(row) for row in rows]


def answer(*items: Any) -> str:
    return json.dumps({"candidates": list(items)})


def test_without_a_source_every_session_is_done_with_nothing(database: Store, tmp_path: Path) -> None:
    made = taken_in(database, tmp_path / "feed", None)
    assert {(o.status, o.rows, o.reason) for o in made} == {("done", 0, "no source of candidates is configured")}


def test_a_model_is_asked_on_the_session_s_own_evening_only_and_known_from_its_receipt(
    database: Store, tmp_path: Path
) -> None:
    model = Model([answer(ITEM)])
    monday, tuesday = taken_in(database, tmp_path / "feed", model)
    assert (monday.rows, monday.reason) == (0, "chat-test is asked on the session's own evening only")
    assert (tuesday.status, tuesday.rows, model.asked) == ("done", 1, [TUE])
    assert stored(database, CANDIDATES, as_of(TUE)) == []
    (row,) = stored(database, CANDIDATES, EVENING)
    assert {name: row[name] for name in ITEM} == ITEM
    (raw,) = stored(database, CANDIDATE_ANSWERS, EVENING)
    assert (raw["answer"], raw["prompt"], raw["answer_hash"]) == (answer(ITEM), f"what of {TUE}?", row["answer_hash"])


def test_the_first_answer_stands_and_a_session_made_again_is_made_from_it(database: Store, tmp_path: Path) -> None:
    model = Model([answer(ITEM), answer(ITEM | {"confidence": 0.1})])
    first = taken_in(database, tmp_path / "feed", model)[1]
    again = taken_in(database, tmp_path / "feed", model, EVENING + timedelta(days=9))[1]
    assert (again.hash, again.rows, model.asked) == (first.hash, 1, [TUE])
    assert [row["confidence"] for row in stored(database, CANDIDATES, datetime.max.replace(tzinfo=UTC))] == [0.7]


def test_wrong_items_go_to_quarantine_and_the_others_go_on(database: Store, tmp_path: Path) -> None:
    model = Model([answer(ITEM, ITEM | {"symbol": "ZZZ"}, ITEM | {"symbol": "BBB", "confidence": 2})])
    tuesday = taken_in(database, tmp_path / "feed", model)[1]
    assert (tuesday.status, tuesday.rows) == ("done", 1)
    assert tuesday.reason == "2 refused, first: item 2 symbol: no instrument 'ZZZ' in this session"
    unknown, beyond = quarantined(database)
    assert unknown[:2] == (
        "bad candidate",
        f"chat-test on {TUE}: item 2: column symbol: no instrument 'ZZZ' in this session",
    )
    assert "item 3: column confidence" in beyond[1] and json.loads(beyond[2])["item"]["confidence"] == 2


def test_an_unusable_answer_fails_its_session_and_is_kept_and_the_next_run_asks_again(
    database: Store, tmp_path: Path
) -> None:
    model = Model(["Buy low, sell high.", answer(ITEM)])
    tuesday = taken_in(database, tmp_path / "feed", model)[1]
    assert tuesday.status == "failed" and "began 'Buy low, sell high.'" in (tuesday.reason or "")
    assert [o.session for o in outcomes.failed(database)] == [TUE]
    ((reason, _, kept),) = quarantined(database)
    assert (reason, json.loads(kept)["answer"]) == ("unusable answer", "Buy low, sell high.")
    assert taken_in(database, tmp_path / "feed", model, EVENING + timedelta(hours=1))[1].rows == 1
    assert outcomes.failed(database) == []


def test_a_file_that_changes_corrects_what_it_proposed(database: Store, tmp_path: Path) -> None:
    file = Model([answer(ITEM)] * 2, may_differ=False)
    taken_in(database, tmp_path / "feed", file)
    changed = Model([answer(ITEM | {"list": "short"})] * 2, may_differ=False)
    later = EVENING + timedelta(days=1)
    taken_in(database, tmp_path / "feed", changed, later)
    assert [row["list"] for row in stored(database, CANDIDATES, EVENING)] == ["long"] * 2
    assert [row["list"] for row in stored(database, CANDIDATES, later)] == ["short"] * 2
