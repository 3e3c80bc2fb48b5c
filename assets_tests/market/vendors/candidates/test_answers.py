"""What a source answers is read strictly, item by item."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butter_pipeline.market.vendors.candidates.answers import UnusableAnswer, read

GOOD = {"symbol": "AAA", "list": "long", "confidence": 0.7, "reasoning": "because"}
SYMBOLS = {"AAA", "BBB"}


def answer(*items: Any) -> str:
    return json.dumps({"candidates": list(items)})


def test_good_items_come_in_the_answer_s_order() -> None:
    other = GOOD | {"symbol": "BBB", "list": "short", "confidence": 1, "reasoning": ""}
    good, wrong = read(answer(other, GOOD), SYMBOLS)
    assert [item.model_dump() for item in good] == [other, GOOD]
    assert wrong == []


@pytest.mark.parametrize(
    ("item", "field", "why"),
    [
        (GOOD | {"symbol": "ZZZ"}, "symbol", "no instrument 'ZZZ' in this session"),
        (GOOD | {"confidence": 1.01}, "confidence", "less than or equal to 1, was 1.01"),
        (GOOD | {"confidence": -0.1}, "confidence", "greater than or equal to 0, was -0.1"),
        (GOOD | {"confidence": "0.7"}, "confidence", "valid number, was '0.7'"),
        (GOOD | {"confidence": True}, "confidence", "valid number, was True"),
        (GOOD | {"confidence": None}, "confidence", "valid number, was None"),
        (GOOD | {"confidence": float("nan")}, "confidence", "was nan"),
        (GOOD | {"list": "buy"}, "list", "'long' or 'short', was 'buy'"),
        (GOOD | {"reasoning": 3}, "reasoning", "valid string, was 3"),
        (GOOD | {"target": 12}, "target", "not permitted, was 12"),
        ({"symbol": "AAA"}, "list", "Field required"),
        ("AAA", "", "was 'AAA'"),
        (None, "", "was None"),
    ],
)
def test_an_item_that_is_wrong_is_refused_alone_with_its_field_and_reason(item: Any, field: str, why: str) -> None:
    good, (wrong,) = read(answer(item, GOOD | {"symbol": "BBB"}), SYMBOLS)
    assert [each.symbol for each in good] == ["BBB"]
    assert (wrong.place, wrong.field) == (1, field)
    assert why in wrong.why


def test_of_a_symbol_that_is_proposed_twice_the_first_stands() -> None:
    good, (wrong,) = read(answer(GOOD, GOOD | {"list": "short"}), SYMBOLS)
    assert [each.list for each in good] == ["long"]
    assert (wrong.place, wrong.why) == (2, "'AAA' is proposed by item 1 already")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Sure! Here are my candidates: " + answer(GOOD),
        "```json\n" + answer(GOOD) + "\n```",
        answer(GOOD)[:-4],
        answer(GOOD) + answer(GOOD),
        json.dumps([GOOD]),
        json.dumps({"picks": [GOOD]}),
        json.dumps({"candidates": GOOD}),
        "null",
        "[" * 100_000,
    ],
)
def test_an_answer_that_is_no_object_with_a_list_is_unusable_as_a_whole(text: str) -> None:
    with pytest.raises(UnusableAnswer) as caught:
        read(text, SYMBOLS)
    assert "\n" not in str(caught.value)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda part: st.lists(part) | st.dictionaries(st.text(), part),
    )
)
def test_whatever_stands_in_an_answer_is_either_taken_or_refused(item: Any) -> None:
    good, wrong = read(answer(item, GOOD), SYMBOLS)
    assert len(good) + len(wrong) == 2
    assert [each.symbol for each in good] == ["AAA"]
