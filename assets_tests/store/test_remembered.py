"""The file of what was fitted before: read back to the bit, replaced by what was asked for, refused when damaged."""

from pathlib import Path

import numpy as np
import pytest

from butter_pipeline.store.remembered import MemoryDamaged, remembered

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


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda _: b"", lambda _: b"no arrow"])
def test_a_damaged_file_is_named_with_what_to_do(tmp_path: Path, damage) -> None:
    place = tmp_path / "price.arrow"
    kept(place, ROWS)
    place.write_bytes(damage(place.read_bytes()))
    with pytest.raises(MemoryDamaged, match=f"{place} cannot be read .*remove it"):
        read(place)
