"""The file of what was fitted before: read back to the bit, replaced by what was asked for, nothing when damaged."""

from pathlib import Path

import numpy as np
import pytest

from butter_pipeline.store.remembered import remembered

ROWS = {b"\x00one\x00": np.array([1.5, np.nan, -0.0]), b"two": np.array([np.inf]), b"three": np.array([])}


def kept(place: Path, rows: dict[bytes, np.ndarray]) -> None:
    with remembered(place) as known:
        known.asked.update(rows)


def read(place: Path) -> dict[bytes, bytes]:
    with remembered(place) as known:
        return {name: row.tobytes() for name, row in known.before.items()}


def test_what_was_asked_for_is_read_back_to_the_bit(tmp_path: Path) -> None:
    place = tmp_path / "fitted" / "volatility.arrow"
    assert read(place) == {} and not place.exists()
    kept(place, ROWS)
    assert read(place) == {name: row.tobytes() for name, row in ROWS.items()}


def test_the_next_run_keeps_what_it_asked_for_and_no_more(tmp_path: Path) -> None:
    place = tmp_path / "price.arrow"
    kept(place, ROWS)
    kept(place, {b"two": ROWS[b"two"], b"four": np.array([4.0])})
    assert set(read(place)) == {b"two", b"four"}


def test_a_run_that_fits_nothing_leaves_the_file_as_it_is(tmp_path: Path) -> None:
    place = tmp_path / "price.arrow"
    kept(place, ROWS)
    before = place.stat().st_mtime_ns
    kept(place, {})
    kept(place, ROWS)
    assert place.stat().st_mtime_ns == before


def test_a_failed_run_keeps_nothing_and_leaves_no_draft(tmp_path: Path) -> None:
    def failing() -> None:
        with remembered(tmp_path / "price.arrow") as known:
            known.asked.update(ROWS)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing()
    assert list(tmp_path.iterdir()) == []


def test_wherever_a_byte_is_damaged_it_is_said_and_what_was_remembered_is_fitted_again(tmp_path: Path) -> None:
    place = tmp_path / "price.arrow"
    kept(place, ROWS)
    whole = place.read_bytes()
    half = [whole[: len(whole) // 2], b"", b"no arrow"]
    for data in [*half, *(whole[:at] + bytes([whole[at] ^ 16]) + whole[at + 1 :] for at in range(len(whole)))]:
        place.write_bytes(data)
        with pytest.warns(RuntimeWarning, match=f"{place} is damaged; .* fitted again"):
            assert read(place) == {}
    with pytest.warns(RuntimeWarning):
        kept(place, ROWS)
    assert read(place) == {name: row.tobytes() for name, row in ROWS.items()}
