"""The shapes of raw rows, literally: a change here changes every hash and every stored table."""

import pyarrow as pa
import pytest

from butter_pipeline.frame import Frame
from butter_pipeline.market.frames import (
    BARS,
    CANDIDATE_ANSWERS,
    CANDIDATES,
    CHAINS,
    CONTEXT,
    FRAMES,
    IN_LAKE,
    INTRADAY,
)

EVERY = (*FRAMES.values(), CANDIDATES, CANDIDATE_ANSWERS)


def shape(frame: Frame) -> str:
    return " ".join(f"{field.name}:{field.type}{'?' if field.nullable else ''}" for field in frame.schema)


def test_shapes_are_what_is_promised() -> None:
    stamp = "available_at:timestamp[us, tz=UTC]"
    assert shape(BARS) == (
        f"session:date32[day] symbol:string open:double high:double low:double close:double volume:double {stamp}"
    )
    assert shape(CHAINS) == (
        "session:date32[day] symbol:string expiry:date32[day] strike:double right:string bid:double ask:double "
        f"last:double? volume:double open_interest:double vendor_iv:double? underlying_price:double {stamp}"
    )
    assert shape(INTRADAY) == (
        "session:date32[day] symbol:string minutes:int64 starts_at:timestamp[us, tz=UTC] open:double high:double "
        f"low:double close:double volume:double {stamp}"
    )
    assert shape(CANDIDATES) == (
        "session:date32[day] symbol:string source:string list:string confidence:double reasoning:string "
        f"answer_hash:string {stamp}"
    )
    assert shape(CANDIDATE_ANSWERS) == (
        f"session:date32[day] source:string answer_hash:string prompt_hash:string prompt:string answer:string {stamp}"
    )
    assert shape(CONTEXT) == f"session:date32[day] series:string value:double {stamp}"


@pytest.mark.parametrize("frame", EVERY, ids=lambda frame: frame.name)
def test_key_and_values_and_moment_are_all_the_columns(frame: Frame) -> None:
    assert sorted([*frame.key, *frame.values, "available_at"]) == sorted(frame.schema.names)
    assert frame.key[0] == "session"
    assert not any(frame.schema.field(name).nullable for name in frame.key)
    assert tuple(frame.schema.names[: len(frame.key)]) == frame.key


@pytest.mark.parametrize("frame", EVERY, ids=lambda frame: frame.name)
def test_every_column_says_what_it_is_and_can_be_written_in_bulk(frame: Frame) -> None:
    plain = {pa.date32(), pa.string(), pa.float64(), pa.int64(), pa.timestamp("us", tz="UTC")}
    for field in frame.schema:
        assert field.metadata[b"doc"].strip()
        assert field.type in plain


def test_frames_are_found_by_their_names() -> None:
    assert {name: frame.name for name, frame in FRAMES.items()} == {
        n: n for n in ("bars", "chains", "context", "intraday")
    }
    assert {CHAINS, INTRADAY} == IN_LAKE
