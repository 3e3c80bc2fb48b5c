"""The lake's files are immutable and named by content; what is read is what stood at that moment."""

import contextlib
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from threading import Barrier

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets_tests.store.examples import (
    LATER,
    MONDAY,
    RECORDED,
    SETTLED,
    TUESDAY,
    WEDNESDAY,
    bars,
    chain,
    day,
    origin,
    week,
)
from butter_pipeline.identity import content_hash
from butter_pipeline.market.frames import BARS, CHAINS
from butter_pipeline.store import Store, lake
from butter_pipeline.store.lake import Content, LakeError, Manifest
from butter_pipeline.store.terms import Part, Reading

TICK = timedelta(microseconds=1)
MATRIX = pa.table({"symbol": ["ES", "NQ"], "rsi_14": [30.5, 70.25]})
_vendors = count()


def content(table: pa.Table, session: date = MONDAY) -> Content:
    """A session's content, available when it has settled."""
    return Content(session, table, SETTLED[session])


def keep(store: Store, table: pa.Table, vendor: str = "v", received_at: datetime = RECORDED) -> Manifest:
    """Keep Monday's chain."""
    (made,) = lake.write(store, CHAINS, [content(table)], origin(vendor, received_at))
    return made


def monday(store: Store, as_of: datetime = RECORDED, vendor: str = "v") -> list[float]:
    """Monday's bids as known at that moment."""
    bids: list[float] = lake.read(store, CHAINS, day(MONDAY, as_of, vendor))["bid"].to_pylist()
    return bids


def files(store: Store) -> list[str]:
    """Every file under the lake."""
    root = Path(store.lake)
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def rows(store: Store) -> int:
    """How many manifest rows there are."""
    with store.engine.connect() as connection:
        return int(connection.exec_driver_sql("select count(*) from lake.manifest").scalar_one())


def test_content_comes_back_as_it_went_in_sorted_by_key(database: Store) -> None:
    table = chain(MONDAY, [1.0, 2.0, 3.0])
    made = keep(database, table.take([2, 0, 1]))
    assert made.uri == f"chains/v/2024/2024-03-04/{content_hash(table, key=CHAINS.key)}.parquet"
    assert (made.rows, made.available_at, made.bytes) == (
        3,
        SETTLED[MONDAY],
        (Path(database.lake) / made.uri).stat().st_size,
    )
    lake.verify(database, CHAINS, day(MONDAY))
    found = lake.read(database, CHAINS, day(MONDAY))
    assert found.equals(table) and found.schema.equals(CHAINS.schema, check_metadata=True)


def test_the_files_name_does_not_depend_on_chunks_order_or_encoding(database: Store) -> None:
    table = chain(MONDAY, [1.0, 2.0, 3.0, 4.0])
    chunked = pa.concat_tables([table.slice(2), table.slice(0, 2)])
    encoded = table.set_column(1, "symbol", table["symbol"].dictionary_encode())
    assert len({keep(database, each).uri for each in (table, chunked, encoded)}) == 1
    assert len(files(database)) == rows(database) == 1


def test_equal_content_is_written_once_and_files_are_the_same_bytes(database: Store, tmp_path: Path) -> None:
    first = keep(database, chain(MONDAY, [1.0]))
    path = Path(database.lake) / first.uri
    before = path.stat().st_mtime_ns
    assert keep(database, chain(MONDAY, [1.0]), received_at=RECORDED + LATER) == first
    assert path.stat().st_mtime_ns == before and rows(database) == 1
    other = Store(database.url, str(tmp_path / "other"))
    assert keep(other, chain(MONDAY, [1.0])).uri == first.uri
    assert (tmp_path / "other" / first.uri).read_bytes() == path.read_bytes()


def test_changed_content_is_a_correction_from_its_receipt_on(database: Store) -> None:
    keep(database, chain(MONDAY, [1.0]))
    corrected = keep(database, chain(MONDAY, [2.0]), received_at=RECORDED)
    assert corrected.available_at == RECORDED
    assert monday(database, SETTLED[MONDAY] - TICK) == []
    assert monday(database, SETTLED[MONDAY]) == monday(database, RECORDED - TICK) == [1.0]
    assert monday(database, RECORDED) == [2.0]


def test_content_that_changes_back_is_a_correction_too_and_needs_no_new_file(database: Store) -> None:
    for bid in (1.0, 2.0, 1.0):
        keep(database, chain(MONDAY, [bid]))
    assert monday(database, RECORDED) == [2.0] and monday(database, RECORDED + TICK) == [1.0]
    assert (rows(database), len(files(database))) == (3, 2)


def test_no_file_shows_a_row_before_its_time(database: Store) -> None:
    late = chain(MONDAY, [1.0])
    moment = pa.array([SETTLED[MONDAY] + LATER], pa.timestamp("us", "UTC"))
    late = late.set_column(late.num_columns - 1, CHAINS.schema.field("available_at"), moment)
    assert keep(database, late).available_at == SETTLED[MONDAY] + LATER
    assert monday(database, SETTLED[MONDAY]) == []


def test_a_crash_between_file_and_manifest_leaves_nothing_to_read(
    database: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> list[Manifest]:
        raise KeyboardInterrupt

    monkeypatch.setattr(lake, "_register", crash)
    with pytest.raises(KeyboardInterrupt):
        keep(database, chain(MONDAY, [1.0]))
    assert monday(database) == [] and rows(database) == 0 and len(files(database)) == 1
    monkeypatch.undo()
    keep(database, chain(MONDAY, [1.0]))
    assert monday(database) == [1.0] and rows(database) == 1 and len(files(database)) == 1


def test_a_crash_while_a_file_is_written_leaves_no_file_of_its_name(
    database: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", crash)
    with pytest.raises(KeyboardInterrupt):
        keep(database, chain(MONDAY, [1.0]))
    assert not any(name.endswith(".parquet") for name in files(database)) and rows(database) == 0
    monkeypatch.undo()
    keep(database, chain(MONDAY, [1.0]))
    assert monday(database) == [1.0]


def test_many_sessions_are_one_transaction_and_read_in_order(database: Store) -> None:
    contents = [content(chain(s, [float(s.day)]), s) for s in (WEDNESDAY, MONDAY, TUESDAY)]
    made = lake.write(database, CHAINS, iter(contents), origin())
    assert [row.session for row in made] == [WEDNESDAY, MONDAY, TUESDAY]
    assert lake.write(database, CHAINS, contents, origin()) == made
    assert lake.write(database, CHAINS, [], origin()) == []
    found = lake.read(database, CHAINS, week())
    assert found["bid"].to_pylist() == [4.0, 5.0, 6.0]
    early = lake.read(database, CHAINS, week(SETTLED[TUESDAY]))
    assert early["bid"].to_pylist() == [4.0, 5.0]
    late = Reading(vendor="v", first=TUESDAY, last=WEDNESDAY, as_of=RECORDED)
    assert lake.manifests(database, CHAINS, late) == [made[2], made[0]]


def test_reads_take_columns_and_a_part_of_the_chain(database: Store) -> None:
    keep(database, pa.concat_tables([chain(MONDAY, [1.0, 2.0], "ES"), chain(MONDAY, [3.0], "NQ")]))
    whole = lake.read(database, CHAINS, day(MONDAY))
    assert lake.read(database, CHAINS, day(MONDAY), part=Part()).equals(whole)
    found = lake.read(database, CHAINS, day(MONDAY), columns=["strike", "bid"], part=Part(symbols=["ES"]))
    assert found.equals(whole.slice(0, 2).select(["strike", "bid"]))
    strikes, expiries = whole["strike"].to_pylist(), whole["expiry"].to_pylist()
    above = Part(symbols=["ES"], strikes=(strikes[1], strikes[1]), expiries=(expiries[1], expiries[1]))
    assert lake.read(database, CHAINS, day(MONDAY), part=above).equals(whole.slice(1, 1))
    assert lake.read(database, CHAINS, day(MONDAY), part=Part(symbols=[])).num_rows == 0
    none = lake.read(database, CHAINS, day(TUESDAY), columns=["bid"])
    assert none.num_rows == 0 and none.schema == pa.schema([CHAINS.schema.field("bid")])


def test_what_is_not_of_the_part_is_not_read(database: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("butter_pipeline.store.files.GROUP_ROWS", 4)
    made = keep(database, pa.concat_tables([chain(MONDAY, [1.0, 2.0, 3.0, 4.0], name) for name in ("AA", "BB", "CC")]))
    path = Path(database.lake) / made.uri
    bids = pq.ParquetFile(path).metadata.row_group(1).column(CHAINS.schema.get_field_index("bid"))
    spoiled = bytearray(path.read_bytes())
    spoiled[bids.data_page_offset + bids.total_compressed_size - 1] ^= 0xFF
    path.write_bytes(spoiled)
    with pytest.raises(LakeError, match="corrupt"):
        lake.read(database, CHAINS, day(MONDAY))
    assert lake.read(database, CHAINS, day(MONDAY), part=Part(symbols=["AA", "CC"])).num_rows == 8


def test_any_table_can_be_kept_under_a_name(database: Store) -> None:
    (made,) = lake.write(database, "features.matrix", [content(MATRIX)], origin(vendor=""))
    assert made.uri.startswith("features.matrix/any/2024/2024-03-04/") and made.hash == content_hash(MATRIX)
    lake.verify(database, "features.matrix", day(MONDAY, vendor=""))
    assert lake.read(database, "features.matrix", day(MONDAY, vendor="")).equals(MATRIX)
    with pytest.raises(LakeError, match="nothing called features.matrix from 2024-03-05 to 2024-03-05 as of"):
        lake.read(database, "features.matrix", day(TUESDAY, vendor=""))


def test_sessions_whose_columns_differ_are_not_read_as_one(database: Store) -> None:
    grown = MATRIX.append_column("adx_14", pa.array([1.0, 2.0]))
    lake.write(database, "features.matrix", [content(MATRIX), content(grown, TUESDAY)], origin(vendor=""))
    with pytest.raises(LakeError, match="2024-03-05/.*: its columns differ from earlier files'"):
        lake.read(database, "features.matrix", week(vendor=""))
    assert lake.read(database, "features.matrix", week(vendor=""), columns=["rsi_14"]).num_rows == 4
    with pytest.raises(LakeError, match="its columns differ"):
        lake.read(database, "features.matrix", week(vendor=""), columns=["adx_14"])


def test_writers_that_race_with_the_same_content_leave_one_file_and_one_row(database: Store) -> None:
    start = Barrier(4)

    def race(_: int) -> Manifest:
        start.wait()
        return keep(database, chain(MONDAY, [1.0, 2.0]))

    with ThreadPoolExecutor(4) as pool:
        made = set(pool.map(race, range(4), timeout=30))
    assert len(made) == rows(database) == len(files(database)) == 1


def test_a_missing_file_is_named_with_its_remedy_and_comes_back_when_written_again(database: Store) -> None:
    path = Path(database.lake) / keep(database, chain(MONDAY, [1.0])).uri
    path.unlink()
    with pytest.raises(LakeError, match=f"{path}: the file is missing; run `butter backfill --again` for .*2024-03-04"):
        monday(database)
    keep(database, chain(MONDAY, [1.0]))
    assert monday(database) == [1.0] and rows(database) == 1


@pytest.mark.parametrize("damage", ["empty", "cut", "flipped"])
def test_a_corrupt_file_is_named_with_its_remedy_and_healed_when_written_again(database: Store, damage: str) -> None:
    table = chain(MONDAY, [float(n) for n in range(500)])
    path = Path(database.lake) / keep(database, table).uri
    data = bytearray(path.read_bytes())
    data[len(data) // 4] ^= 0xFF
    path.write_bytes({"empty": b"", "cut": data[: len(data) // 2], "flipped": data}[damage])
    with pytest.raises(LakeError, match=f"{path}: the file is corrupt; run `butter backfill --again`"):
        monday(database)
    keep(database, table)
    assert len(monday(database)) == 500


def test_no_flipped_byte_is_read_as_if_nothing_had_happened(database: Store) -> None:
    table = chain(MONDAY, [float(n * n % 97) for n in range(300)])
    path = Path(database.lake) / keep(database, table).uri
    data = path.read_bytes()
    for place in range(4, len(data), len(data) // 60):
        path.write_bytes(data[:place] + bytes([data[place] ^ 0x01]) + data[place + 1 :])
        with contextlib.suppress(LakeError):
            assert monday(database) == table["bid"].to_pylist()


def test_another_files_content_under_a_name_is_found_by_verifying(database: Store) -> None:
    path = Path(database.lake) / keep(database, chain(MONDAY, [1.0])).uri
    pq.write_table(chain(MONDAY, [9.0]), path)
    with pytest.raises(LakeError, match="its content is not what its name says"):
        lake.verify(database, CHAINS, day(MONDAY))


def test_the_lake_can_be_anywhere_that_fsspec_reaches(database: Store) -> None:
    import fsspec

    store = Store(database.url, "memory://butter-lake/")
    made = keep(store, chain(MONDAY, [1.0, 2.0]))
    assert monday(store) == [1.0, 2.0]
    memory = fsspec.filesystem("memory")
    assert memory.size(f"/butter-lake/{made.uri}") == made.bytes
    memory.rm(f"/butter-lake/{made.uri}")
    with pytest.raises(LakeError, match="the file is missing"):
        monday(store)
    keep(store, chain(MONDAY, [1.0, 2.0]))
    assert monday(store) == [1.0, 2.0]


def test_a_lake_that_cannot_be_reached_is_named(database: Store) -> None:
    with pytest.raises(LakeError, match="nowhere://x: cannot be reached .*set BUTTER_LAKE_URL"):
        keep(Store(database.url, "nowhere://x"), chain(MONDAY, [1.0]))


def test_what_is_malformed_is_refused(database: Store) -> None:
    with pytest.raises(ValueError, match="chains: two rows with the key session=2024-03-04, symbol=ES, expiry="):
        keep(database, pa.concat_tables([chain(MONDAY, [1.0]), chain(MONDAY, [1.0])]))
    with pytest.raises(ValueError, match="chains: columns missing"):
        keep(database, bars([(MONDAY, "ES", 1.0)]))
    with pytest.raises(ValueError, match="chains: rows of session 2024-03-05 in the content of session 2024-03-04"):
        keep(database, chain(TUESDAY, [1.0]))
    with pytest.raises(ValueError, match=r"vendor must be letters, digits, .* was '\.\./x'"):
        keep(database, chain(MONDAY, [1.0]), vendor="../x")
    naive = Content(MONDAY, chain(MONDAY, [1.0]), SETTLED[MONDAY].replace(tzinfo=None))
    with pytest.raises(ValueError, match="available_at must carry a time zone"):
        lake.write(database, CHAINS, [naive], origin())
    assert BARS.name not in " ".join(files(database))


contents = st.lists(st.floats(0, 9, allow_subnormal=False), max_size=4)
moments = st.integers(0, 20 * 24).map(lambda hours: datetime(2024, 3, 1, tzinfo=UTC) + timedelta(hours=hours))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(st.lists(st.tuples(contents, moments), min_size=1, max_size=4), moments)
def test_no_later_writing_changes_an_earlier_reading(
    database: Store, deliveries: list[tuple[list[float], datetime]], as_of: datetime
) -> None:
    vendor = f"v{next(_vendors)}"
    seen = None
    for bids, received_at in deliveries:
        keep(database, chain(MONDAY, bids), vendor, received_at)
        now = monday(database, as_of, vendor)
        if as_of < SETTLED[MONDAY]:
            assert now == []
        elif seen is not None and received_at > as_of:
            assert now == seen
        seen = now
    last = deliveries[-1][0]
    assert monday(database, RECORDED, vendor) == last
