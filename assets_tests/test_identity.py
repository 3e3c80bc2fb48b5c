"""Ids and hashes, literally: if one of these values changes, everything stored under it is orphaned."""

import hashlib
import itertools
import struct
from collections.abc import Callable
from datetime import UTC, date, datetime
from math import nan
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from butter_pipeline.identity import PROVENANCE, code_version, combined_hash, content_hash, content_hashes, natural_id

DAY = date(2024, 3, 5)


def hashed(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def sample() -> pa.Table:
    return pa.table(
        {
            "session": pa.array([DAY, DAY, date(2024, 3, 6)], pa.date32()),
            "symbol": ["AAA", "BBB", None],
            "close": [1.5, None, nan],
            "count": pa.array([1, None, -3], pa.int64()),
            "good": [True, False, None],
            "at": pa.array([datetime(2024, 3, 5, 21, tzinfo=UTC)] * 3, pa.timestamp("us", tz="UTC")),
        }
    )


SAMPLE_HASH = "1f49aca84cbd17f99e251f1d275bca91869d433f23bcf0bcc0f361959ae5f151"


def test_the_hash_is_over_rows_names_types_nulls_and_values() -> None:
    assert content_hash(pa.table({"a": pa.array([], pa.float64())})) == hashed(b"0\x1fa\x1edouble\x1e")
    one = b"1\x1fa\x1edouble\x1e\x80" + struct.pack("<d", 1.5)
    assert content_hash(pa.table({"a": [1.5]})) == hashed(one)
    two = b"2\x1fs\x1estring\x1e\x80" + struct.pack("<qq", 2, 0) + b"ab"
    assert content_hash(pa.table({"s": ["ab", None]})) == hashed(two)


def test_the_hash_of_a_literal_table_stays() -> None:
    assert content_hash(sample()) == SAMPLE_HASH
    assert content_hash(sample(), key=["session", "symbol"]) == SAMPLE_HASH


SAME: dict[str, Callable[[pa.Table], pa.Table]] = {
    "another order of rows": lambda t: t.take(pa.array([2, 0, 1])),
    "chunks": lambda t: pa.concat_tables([t.slice(0, 1), t.slice(1, 0), t.slice(1)]),
    "a slice with an offset": lambda t: pa.concat_tables([t, t]).combine_chunks().slice(3, 3),
    "large strings": lambda t: t.set_column(1, "symbol", t["symbol"].cast(pa.large_string())),
    "provenance": lambda t: t.append_column("recorded_at", pa.array([1, 2, 3])).append_column(
        "run_id", pa.array("abc")
    ),
    "metadata and nullability": lambda t: t.replace_schema_metadata({"who": "me"}),
    "another NaN": lambda t: t.set_column(2, "close", pa.array([1.5, None, -nan])),
    "values under nulls": lambda t: t.set_column(2, "close", under_null(7.0)),
}


def under_null(hidden: float) -> pa.Array:
    """1.5, null, NaN, with some value in the buffer where the null is."""
    values = pa.array([1.5, hidden, nan])
    return pa.Array.from_buffers(pa.float64(), 3, [pa.array([1.0, None, 1.0]).buffers()[0], values.buffers()[1]])


@pytest.mark.parametrize("how", SAME)
def test_equal_rows_have_an_equal_hash_however_they_are_held(how: str) -> None:
    assert content_hash(SAME[how](sample()), key=["session", "symbol"]) == SAMPLE_HASH


def test_a_dictionary_is_another_way_to_hold_the_same_texts() -> None:
    encoded = sample().set_column(1, "symbol", sample()["symbol"].dictionary_encode())
    assert content_hash(encoded) == SAMPLE_HASH
    assert content_hash(encoded, key=["session"]) == SAMPLE_HASH


def test_a_dictionary_may_be_in_the_key() -> None:
    encoded = sample().set_column(1, "symbol", sample()["symbol"].dictionary_encode())
    assert content_hash(encoded, key=["session", "symbol"]) == SAMPLE_HASH


OTHER: dict[str, Callable[[pa.Table], pa.Table]] = {
    "a value": lambda t: t.set_column(2, "close", pa.array([1.5000000000000002, None, nan])),
    "a null for a value": lambda t: t.set_column(2, "close", pa.array([None, None, nan])),
    "a value for a null": lambda t: t.set_column(2, "close", pa.array([1.5, 0.0, nan])),
    "a NaN for a null": lambda t: t.set_column(2, "close", pa.array([1.5, nan, nan])),
    "an empty text for a null": lambda t: t.set_column(1, "symbol", pa.array(["AAA", "BBB", ""])),
    "texts cut elsewhere": lambda t: t.set_column(1, "symbol", pa.array(["AAAB", "BB", None])),
    "a flag": lambda t: t.set_column(4, "good", pa.array([True, True, None])),
    "a false for a null": lambda t: t.set_column(4, "good", pa.array([True, False, False])),
    "a whole number": lambda t: t.set_column(3, "count", pa.array([1, None, 3])),
    "another type": lambda t: t.set_column(3, "count", t["count"].cast(pa.int32())),
    "a date": lambda t: t.set_column(0, "session", pa.array([DAY, DAY, DAY], pa.date32())),
    "another zone": lambda t: t.set_column(5, "at", t["at"].cast(pa.timestamp("us", tz="America/New_York"))),
    "another unit": lambda t: t.set_column(5, "at", t["at"].cast(pa.timestamp("ns", tz="UTC"))),
    "another name": lambda t: t.rename_columns([*t.column_names[:-1], "available_at"]),
    "another order of columns": lambda t: t.select(t.column_names[::-1]),
    "a column less": lambda t: t.drop_columns(["good"]),
    "a row less": lambda t: t.slice(0, 2),
    "a row twice": lambda t: pa.concat_tables([t, t.slice(0, 1)]),
}


@pytest.mark.parametrize("what", OTHER)
def test_another_content_has_another_hash(what: str) -> None:
    assert content_hash(OTHER[what](sample()), key=["session"]) != content_hash(sample(), key=["session"])


def test_a_negative_zero_is_another_value() -> None:
    assert content_hash(pa.table({"a": [0.0]})) != content_hash(pa.table({"a": [-0.0]}))


@given(
    st.lists(st.tuples(st.integers(0, 9), st.floats() | st.none(), st.text(max_size=3) | st.none()), max_size=8),
    st.data(),
)
def test_hashes_agree_with_equality(rows: list[tuple[Any, ...]], data: st.DataObject) -> None:
    kinds = {"place": pa.int64(), "value": pa.float64(), "name": pa.string()}

    def held(held_rows: list[tuple[Any, ...]]) -> pa.Table:
        columns = zip(*held_rows, strict=True) if held_rows else [[], [], []]
        return pa.table([pa.array(list(c), k) for c, k in zip(columns, kinds.values(), strict=True)], list(kinds))

    cut = data.draw(st.integers(0, len(rows)))
    chunked = pa.concat_tables([held(rows[:cut]), held(rows[cut:])])
    assert content_hash(chunked) == content_hash(held(rows))
    parts = [content_hash(held(rows[:cut])), content_hash(held(rows[cut:]))]
    assert content_hashes(chunked, [(0, cut), (cut, len(rows))]) == parts
    if rows:
        place = data.draw(st.integers(0, len(rows) - 1))
        number, value, name = rows[place]
        for changed in ((number + 1, value, name), (number, value, (name or "") + "x"), (number, 0.25, name)):
            if changed != (number, value, name):
                assert content_hash(held([*rows[:place], changed, *rows[place + 1 :]])) != content_hash(held(rows))


def test_provenance_is_outside_every_hash() -> None:
    assert frozenset({"recorded_at", "code_version", "config_hash", "run_id"}) == PROVENANCE


def test_natural_ids_stay() -> None:
    assert natural_id("decision", "ButterA", DAY) == hashed(b"str:8:decisionstr:7:ButterAdate:10:2024-03-05")
    assert natural_id("decision") == hashed(b"str:8:decision")
    moment = datetime(2024, 3, 5, 21, tzinfo=UTC)
    spelled = b"str:5:quoteint:1:1float:20:0x1.999999999999ap-4datetime:32:2024-03-05T21:00:00.000000+00:00"
    assert natural_id("quote", 1, 0.1, moment) == hashed(spelled)


def test_parts_of_a_key_do_not_run_together() -> None:
    keys: list[tuple[Any, ...]] = [
        ("a", "bc"),
        ("ab", "c"),
        ("abc",),
        ("a", "b", "c"),
        ("abc", ""),
        ("", "abc"),
        ("a|bc",),
        ("a,bc",),
        ("a\nbc",),
        ("a bc",),
        ("a\x00bc",),
    ]
    ids = [natural_id("kind", *key) for key in keys]
    assert len(set(ids)) == len(keys)
    assert natural_id("kind", "a") != natural_id("kinda")


def test_parts_of_a_key_are_told_apart_by_type() -> None:
    keys = [1, 1.0, "1", True, DAY, DAY.isoformat(), datetime.fromisoformat("2024-03-05"), 0.0, -0.0]
    assert len({natural_id("kind", key) for key in keys}) == len(keys)


def test_a_part_that_holds_the_delimiters_is_still_one_part() -> None:
    assert natural_id("kind", "a\x1fstr\x1eb") != natural_id("kind", "a", "b")


def test_a_number_from_an_array_names_the_same_thing() -> None:
    assert natural_id("kind", np.float64(1.5)) == natural_id("kind", 1.5)


printable = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=4)
part = printable | st.integers(-3, 3) | st.floats(allow_nan=False) | st.dates()


@given(st.lists(part, max_size=4), st.lists(part, max_size=4))
def test_two_keys_share_an_id_only_if_they_are_equal(left: list[Any], right: list[Any]) -> None:
    def spelled(key: list[Any]) -> list[tuple[str, str]]:
        return [(type(each).__name__, each.hex() if isinstance(each, float) else str(each)) for each in key]

    assert (natural_id("kind", *left) == natural_id("kind", *right)) == (spelled(left) == spelled(right))


def test_a_combined_hash_counts_order() -> None:
    assert combined_hash(["a", "b"]) == hashed(b"a\nb")
    hashes = [combined_hash(order) for order in itertools.permutations(["a", "b", "c"])]
    assert len(set(hashes)) == 6
    assert combined_hash(["ab"]) != combined_hash(["a", "b"])


def test_a_code_version_changes_with_the_source_and_with_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "versioned"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "inner.py").write_text("A = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    fresh = code_version.__wrapped__
    before = fresh("versioned")
    (package / "inner.py").touch()
    (package / "data.txt").write_text("no code")
    assert fresh("versioned") == before
    (package / "inner.py").write_text("A = 2\n")
    assert fresh("versioned") != before
    (package / "inner.py").write_text("A = 1\n")
    (package / "inner.py").rename(package / "other.py")
    assert fresh("versioned") != before
    with pytest.raises(ModuleNotFoundError, match="no source for 'nothing_of_the_kind'"):
        fresh("nothing_of_the_kind")
