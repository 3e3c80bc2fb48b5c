"""The embedded market with a split, beside the same market without one: only the units differ."""

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import dagster as dg
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from assets_tests.defs.opportunities.test_opportunity_assets import make
from butter_pipeline import configs
from butter_pipeline.defs.resources import House
from butter_pipeline.derivation import Reader
from butter_pipeline.market.sessions import as_of, offset, sessions_between
from butter_pipeline.opportunities.frames import BUTTERFLIES, MARKS
from butter_pipeline.settings import PROJECT_ROOT, settings
from butter_pipeline.store import Store

SESSIONS = sessions_between(date(2023, 11, 1), date(2023, 12, 5))
EX = date(2023, 11, 16)
PLAIN, GROUPS = "simulator-7-edge", ("market features", "opportunities")
pytestmark = [pytest.mark.database, pytest.mark.slow]


@pytest.fixture
def split_market(house: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The delivered configuration with a split of one symbol, two for one."""
    folder = shutil.copytree(PROJECT_ROOT / "configs", tmp_path / "configs")
    with (folder / "simulator.yml").open("a") as file:
        file.write(f"splits:\n  - {{symbol: ARVO, session: {EX}, ratio: 2}}\n")
    monkeypatch.setenv("BUTTER_CONFIGS", str(folder))
    settings.cache_clear()
    configs.load.cache_clear()
    yield House().vendor().name
    monkeypatch.undo()


def matrix(house: Store, vendor: str) -> pa.Table:
    """Every feature of every symbol and session."""
    found: pa.Table = Reader(house, vendor).read("features.matrix", (SESSIONS[0], SESSIONS[-1]), as_of(SESSIONS[-1]))
    return found


def marked(house: Store, vendor: str) -> pa.Table:
    """Marks of the symbol's butterflies that were found before the split."""
    found = Reader(house, vendor).read(MARKS, (SESSIONS[0], SESSIONS[-1]), as_of(SESSIONS[-1]))
    before = pc.less(found["opened_session"], pa.scalar(EX, pa.date32()))
    kept = found.filter(pc.and_(before, pc.equal(found["symbol"], "ARVO")))
    names = ("session", "opened_session", "expiry", "lower_strike", "upper_strike")
    return kept.sort_by([(name, "ascending") for name in names])


def test_everything_over_a_split_is_what_it_is_without_one(
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    house: Store,
    split_market: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert split_market.startswith(f"{PLAIN}-splits-")
    for groups in GROUPS:
        assert make(definitions, instance, groups, SESSIONS[0], SESSIONS[-1]).success
    monkeypatch.delenv("BUTTER_CONFIGS")
    settings.cache_clear()
    configs.load.cache_clear()
    for groups in GROUPS:
        assert make(definitions, instance, groups, SESSIONS[0], SESSIONS[-1]).success

    plain, split = (matrix(house, name) for name in (PLAIN, split_market))
    assert plain.num_rows == 13 * len(SESSIONS) and plain["session"].equals(split["session"])
    for name in plain.column_names[2:]:
        if name != "available_at":
            was, now = plain[name].to_numpy(), split[name].to_numpy()
            np.testing.assert_allclose(now, was, rtol=1e-9, atol=1e-9, err_msg=name)
    assert np.isfinite(split["rsi_14"].to_numpy()[-13:]).all()

    one, other = marked(house, PLAIN), marked(house, split_market)
    assert one.num_rows == other.num_rows > 50
    for name in ("session", "opened_session", "age_sessions", "expiry", "mid_usd"):
        assert one[name].equals(other[name]), name
    behind = pc.greater_equal(one["session"], pa.scalar(EX, pa.date32())).to_pylist()
    assert any(behind)
    for name in ("lower_strike", "body_strike", "upper_strike", "underlying_price", "lower_bid", "body_ask"):
        values = zip(one[name].to_pylist(), other[name].to_pylist(), behind, strict=True)
        assert all(now == (was / 2.0 if is_behind else was) for was, now, is_behind in values), name
    assert Reader(house, split_market).read(BUTTERFLIES, (EX, offset(EX, 3)), as_of(SESSIONS[-1])).num_rows
