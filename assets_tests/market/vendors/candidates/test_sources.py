"""A file of candidates, and a service on the loopback that speaks OpenAI's chat completions."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assets_tests.market.vendors.loopback import Reply, serving
from butter_pipeline.market.sessions import close_at
from butter_pipeline.market.vendors import VendorError, VendorUnavailable
from butter_pipeline.market.vendors.candidates import source_from_settings
from butter_pipeline.market.vendors.candidates.answers import SCHEMA, read
from butter_pipeline.market.vendors.candidates.file import FileOfCandidates
from butter_pipeline.market.vendors.candidates.service import ChatService
from butter_pipeline.market.vendors.http import Patience
from butter_pipeline.settings import Settings

MON, TUE = date(2024, 3, 4), date(2024, 3, 5)
ITEM = {"symbol": "AAA", "list": "long", "confidence": 0.7, "reasoning": "because"}
GOOD = json.dumps({"candidates": [ITEM]})


def completion(text: Any) -> Reply:
    return Reply({"choices": [{"message": {"role": "assistant", "content": text}}]})


def service(url: str) -> tuple[ChatService, list[float]]:
    waits: list[float] = []
    settings = Settings(candidates_url=f"{url}/v1", candidates_model="Some Model-4", candidates_key="k")
    return ChatService.from_settings(settings, Patience(tries=3, sleep=waits.append)), waits


def test_a_service_is_asked_for_the_strict_schema_and_its_answer_kept_to_the_letter() -> None:
    before = datetime.now(UTC)
    with serving(lambda _: completion(GOOD)) as (url, asked):
        source, _ = service(url)
        answer = source.answer(TUE, ["AAA", "BBB"])
    (request,) = asked
    assert (request.method, request.path) == ("POST", "/v1/chat/completions")
    assert request.headers["Authorization"] == "Bearer k"
    assert request.body["model"] == "Some Model-4"
    form = request.body["response_format"]
    assert form == {"type": "json_schema", "json_schema": {"name": "candidates", "strict": True, "schema": SCHEMA}}
    assert answer.prompt == request.body["messages"][0]["content"]
    assert "2024-03-05" in answer.prompt and "AAA, BBB" in answer.prompt
    assert answer.text == GOOD and before <= answer.available_at <= datetime.now(UTC)
    assert (source.name, source.may_differ) == ("chat-some-model-4", True)


def test_an_unusable_answer_is_asked_for_again_with_growing_waits() -> None:
    replies = iter([completion("I would buy AAA."), completion(GOOD[:-3]), completion(GOOD)])
    with serving(lambda _: next(replies)) as (url, asked):
        source, waits = service(url)
        assert source.answer(TUE, ["AAA"]).text == GOOD
    assert (waits, len(asked)) == ([0.5, 1.0], 3)


@pytest.mark.parametrize(
    "reply", [completion("no JSON"), completion(None), Reply({"choices": []}), Reply({"error": "x"}), Reply([1])]
)
def test_an_answer_that_stays_unusable_comes_back_as_it_is(reply: Reply) -> None:
    with serving(lambda _: reply) as (url, asked):
        answer = service(url)[0].answer(TUE, ["AAA"])
    assert len(asked) == 3
    with pytest.raises(VendorError, match="the answer"):
        read(answer.text, {"AAA"})


def test_a_wrong_item_is_no_reason_to_ask_again() -> None:
    text = json.dumps({"candidates": [ITEM, ITEM | {"confidence": 7}]})
    with serving(lambda _: completion(text)) as (url, asked):
        assert service(url)[0].answer(TUE, ["AAA"]).text == text
    assert len(asked) == 1


def test_a_service_that_is_busy_or_refuses_the_key_says_so() -> None:
    with (
        serving(lambda _: Reply("", 429)) as (url, _),
        pytest.raises(VendorUnavailable, match="answered 429 at each of 3"),
    ):
        service(url)[0].answer(TUE, ["AAA"])
    with (
        serving(lambda _: Reply("", 401)) as (url, _),
        pytest.raises(VendorError, match="set BUTTER_CANDIDATES_KEY to a"),
    ):
        service(url)[0].answer(TUE, ["AAA"])


def test_a_csv_file_holds_the_columns_in_any_order_and_its_wrong_rows_stay_for_the_reader(tmp_path: Path) -> None:
    path = tmp_path / "My Picks.csv"
    rows = ["Ticker,Date,Score,Side,Rationale", "AAA,2024-03-05,0.7,BUY,because", "BBB,2024-03-05,high,long,so"]
    path.write_text("\n".join(rows))
    source = FileOfCandidates(path)
    answer = source.answer(TUE, ["AAA"])
    assert answer is not None and answer.available_at == close_at(TUE) + timedelta(minutes=30)
    good, wrong = read(answer.text, {"AAA", "BBB"})
    assert [item.model_dump() for item in good] == [ITEM]
    assert "row 3: column Score: must be a number, was 'high'" in json.dumps(wrong[0].item)
    assert source.answer(MON, ["AAA"]) is None
    assert (source.name, source.may_differ) == ("file-my-picks", False)


def test_a_row_of_a_day_without_a_session_is_a_wrong_row_of_the_next_one_and_harms_no_other(tmp_path: Path) -> None:
    path = tmp_path / "picks.csv"
    rows = ["date,symbol,list,confidence,reasoning", "2024-03-05,AAA,long,0.7,because"]
    rows += ["2024-03-03,BBB,long,0.5,sunday", "2024-03-03,BBB,long,high,sunday"]
    path.write_text("\n".join(rows))
    source = FileOfCandidates(path)
    on_monday, on_tuesday = source.answer(MON, ["AAA"]), source.answer(TUE, ["AAA"])
    assert on_monday is not None and on_tuesday is not None
    good, wrong = read(on_monday.text, {"AAA", "BBB"})
    assert not good and [each.item["unreadable"].removeprefix(f"{path}: ") for each in wrong] == [
        "2024-03-03 is no exchange session",
        "row 4: column confidence: must be a number, was 'high'",
    ]
    good, wrong = read(on_tuesday.text, {"AAA", "BBB"})
    assert [item.model_dump() for item in good] == [ITEM] and not wrong


def test_a_json_file_holds_answers_by_session(tmp_path: Path) -> None:
    path = tmp_path / "picks.json"
    entry = {"session": "2024-03-05", "candidates": [ITEM, 3], "available_at": "2024-03-05T16:10:00-05:00"}
    path.write_text(json.dumps([entry]), encoding="utf-8-sig")  # as Windows writes it
    answer = FileOfCandidates(path).answer(TUE, ["AAA"])
    assert answer is not None and answer.available_at == datetime(2024, 3, 5, 21, 10, tzinfo=UTC)
    good, wrong = read(answer.text, {"AAA"})
    assert (len(good), wrong[0].place, wrong[0].item) == (1, 2, 3)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("{", "cannot be read as JSON"),
        ("{}", "must hold a list of answers, holds dict"),
        ('[{"session": "2024-03-05"}]', "answer 1: must be an object with session and a list of candidates"),
        ('[{"candidates": []}]', "answer 1: session or available_at cannot be read"),
        ('[{"session": "2024-03-03", "candidates": []}]', "answer 1: 2024-03-03 is no exchange session"),
        (
            '[{"session": "2024-03-05", "candidates": [], "available_at": "2024-03-05T17:00"}]',
            "answer 1: available_at must",
        ),
        (
            '[{"session": "2024-03-05", "candidates": []}, {"session": "2024-03-05", "candidates": []}]',
            "answer 2: session 2",
        ),
    ],
)
def test_a_json_file_that_is_malformed_is_named_in_one_line(tmp_path: Path, content: str, fault: str) -> None:
    path = tmp_path / "picks.json"
    path.write_text(content)
    with pytest.raises(VendorError) as caught:
        FileOfCandidates(path).answer(TUE, ["AAA"])
    assert str(caught.value).startswith(f"{path}: {fault}") and "\n" not in str(caught.value)


def test_the_source_is_the_one_that_the_settings_name(tmp_path: Path) -> None:
    assert source_from_settings(Settings()) is None
    file = source_from_settings(Settings(candidates_file=tmp_path / "picks.csv"))
    assert file is not None and file.name == "file-picks"
    with pytest.raises(VendorError, match="no such file; set BUTTER_CANDIDATES_FILE"):
        file.answer(TUE, ["AAA"])
    chat = source_from_settings(Settings(candidates_url="http://localhost/v1", candidates_model="m"))
    assert chat is not None and chat.name == "chat-m"
    with pytest.raises(VendorError, match=r"^BUTTER_CANDIDATES_MODEL: not set, [^\n]*$"):
        source_from_settings(Settings(candidates_url="http://localhost/v1"))
    with pytest.raises(VendorError, match="are both set; unset one"):
        source_from_settings(Settings(candidates_url="http://localhost/v1", candidates_file=tmp_path / "x.csv"))
