"""Every vendor passes the one contract."""

import gzip
from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

import pyarrow.csv as pacsv
import pytest

from assets_tests.market.vendors.contract import CHECKS, EVERY_FRAME, Case
from butter_pipeline.configs import load
from butter_pipeline.frame import Frame
from butter_pipeline.market.sessions import sessions_between
from butter_pipeline.market.simulator.world import World, world_from_config
from butter_pipeline.market.vendors.csv_folder import CsvFolder
from butter_pipeline.market.vendors.simulated import SimulatedVendor

LAG = timedelta(minutes=15)
SESSIONS = sessions_between(date(2024, 6, 28), date(2024, 7, 8))
"""With a half day and a holiday inside."""


@lru_cache
def world() -> World:
    return world_from_config(load("simulator").values)


def simulated(folder: Path) -> Case:
    return Case(lambda: SimulatedVendor(world(), LAG), SESSIONS)


def csv(folder: Path) -> Case:
    """The simulated market written to a folder; one file compressed, none with `available_at`."""
    source = SimulatedVendor(world(), LAG)
    for name in ("bars", "chains", "context"):
        table = getattr(source, name)(SESSIONS).drop_columns(["available_at"])
        pacsv.write_csv(table, folder / f"{name}.csv")
    packed = gzip.compress((folder / "chains.csv").read_bytes())
    (folder / "chains.csv").unlink()
    (folder / "chains.csv.gz").write_bytes(packed)
    return Case(lambda: CsvFolder(folder, LAG), SESSIONS)


@pytest.fixture(scope="module", params=[simulated, csv], ids=lambda make: make.__name__)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    made: Case = request.param(tmp_path_factory.mktemp("vendor"))
    return made


@pytest.mark.parametrize("frame", EVERY_FRAME, ids=lambda frame: frame.name)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_vendor(case: Case, check: Callable[[Case, Frame], None], frame: Frame) -> None:
    if frame.name in case.make().datasets:
        check(case, frame)


def test_a_folder_hands_over_what_was_written_to_the_bit(tmp_path: Path) -> None:
    folder, source = csv(tmp_path).make(), SimulatedVendor(world(), LAG)
    for name in ("bars", "chains", "context"):
        assert getattr(folder, name)(SESSIONS).equals(getattr(source, name)(SESSIONS))
