"""Choosing a vendor by settings, and how each world of the simulator is named."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from butter_pipeline import configs
from butter_pipeline.configs import ConfigError, load
from butter_pipeline.market.sessions import offset
from butter_pipeline.market.simulator.world import world_from_config
from butter_pipeline.market.vendors import VendorError, VendorUnavailable, vendor_from_settings
from butter_pipeline.market.vendors.simulated import SimulatedVendor
from butter_pipeline.settings import Settings, settings

LAG = timedelta(minutes=15)


def vendor(**changes: object) -> SimulatedVendor:
    return SimulatedVendor(world_from_config({**load("simulator").values, **changes}), LAG)


def test_the_simulator_is_the_default_and_the_folder_is_chosen_by_name(tmp_path: Path) -> None:
    chosen = vendor_from_settings(Settings())
    assert chosen.name == "simulator-7-edge"
    assert chosen.first_session == date(2023, 11, 1)
    folder = vendor_from_settings(Settings(vendor="csv", csv_folder=tmp_path / "My Data"))
    assert folder.name == "csv-my-data"
    assert folder.lag == timedelta(minutes=30)


def test_a_choice_that_cannot_be_is_one_line_with_its_remedy() -> None:
    with pytest.raises(VendorError, match=r"^BUTTER_CSV_FOLDER: not set, [^\n]* set it to the folder of bars.csv$"):
        vendor_from_settings(Settings(vendor="csv"))
    unknown = Settings.model_construct(vendor="oracle")
    with pytest.raises(
        VendorError, match=r"^BUTTER_VENDOR: no vendor 'oracle'; set it to one of: csv, databento, simulator, tradier$"
    ):
        vendor_from_settings(unknown)
    assert issubclass(VendorUnavailable, VendorError)


@pytest.mark.parametrize("minutes", ["60", "-1", "soon", "null", "true"])
def test_a_lag_that_reaches_the_settle_lag_is_refused(
    minutes: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "market.yml").write_text(f"vendors: {{csv: {{lag_minutes: {minutes}}}}}\n")
    monkeypatch.setenv("BUTTER_CONFIGS", str(tmp_path))
    caches = (settings, configs.load)
    for cached in caches:
        cached.cache_clear()
    try:
        with pytest.raises(
            ConfigError, match=r"^market.yml: vendors.csv.lag_minutes must be a number from 0 to under 60"
        ):
            vendor_from_settings(Settings(vendor="csv", csv_folder=tmp_path))
    finally:
        monkeypatch.undo()
        for cached in caches:
            cached.cache_clear()


def test_different_worlds_have_different_names() -> None:
    assert vendor().name == "simulator-7-edge"
    assert vendor(seed=11).name == "simulator-11-edge"
    assert vendor(mode="placebo").name == "simulator-7-placebo"
    assert vendor(mode="placebo", break_session=None).name == "simulator-7-placebo"
    assert vendor(break_session=None).name == "simulator-7-nobreak"


def test_a_session_before_the_simulated_market_names_its_first() -> None:
    market = vendor()
    for asked in (market.bars, market.chains, market.context):
        with pytest.raises(VendorError, match=r"simulator-7-edge: no session 2023-10-31, the first is 2023-11-01; "):
            asked([date(2023, 10, 31), date(2023, 11, 1)])
    with pytest.raises(VendorError, match="2024-01-15 is not an exchange session; the nearest are 2024-01-12"):
        market.symbols(date(2024, 1, 15))
    with pytest.raises(VendorError, match="2039-12-30 is too late"):
        market.bars([date(2039, 12, 30)])


def test_a_longer_path_begins_with_the_same_bits() -> None:
    near, far = date(2024, 3, 1), date(2025, 6, 3)
    assert offset(near, 70).year < offset(far, 70).year
    alone = vendor().bars([near])
    together = vendor().bars([near, far])
    assert together.slice(0, alone.num_rows).equals(alone)


def test_importing_vendors_and_quality_is_cheap() -> None:
    """Definitions load on every tick: pandas and pandera wait until rows are judged."""
    code = (
        "import sys, butter_pipeline.market.vendors, butter_pipeline.market.quality, butter_pipeline.market.ingest\n"
        "heavy = 'pandas pandera numba exchange_calendars pyarrow.csv httpx databento_dbn'.split()\n"
        "print(*sorted(set(heavy) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


PLUGIN = """
from datetime import date

class Theirs:
    name, first_session, datasets = "theirs", date(2024, 1, 2), frozenset({"bars"})

    def __init__(self, lag, config):
        self.lag, self.config = lag, config

    def nothing(self, sessions):
        return ()

    symbols = underlyings = series = bars = chains = context = nothing

def build(settings, lag, config):
    return Theirs(lag, config)

def broken(settings, lag, config):
    return object()
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A package that declares vendors, found as an installed one is, and a configuration that knows one of them."""
    site, conf = tmp_path / "site", tmp_path / "configs"
    information = site / "their_vendors-1.0.dist-info"
    information.mkdir(parents=True)
    (site / "their_vendors.py").write_text(PLUGIN)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: their-vendors\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text(
        "[butter_pipeline.vendors]\ntheirs = their_vendors:build\nbroken = their_vendors:broken\n"
        "gone = their_vendors:nowhere\nsimulator = their_vendors:build\n"
    )
    conf.mkdir()
    names = ("theirs", "broken", "gone")
    sections = ", ".join(f"{name}: {{lag_minutes: 20, depth: 3}}" for name in names)
    (conf / "market.yml").write_text(f"vendors: {{{sections}, simulator: {{lag_minutes: 15}}}}\n")
    shutil.copy(settings().configs / "simulator.yml", conf)
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("BUTTER_CONFIGS", str(conf))
    for cached in (settings, configs.load):
        cached.cache_clear()
    yield
    monkeypatch.undo()
    sys.modules.pop("their_vendors", None)
    for cached in (settings, configs.load):
        cached.cache_clear()


def test_an_installed_package_adds_a_vendor_with_a_section_of_its_own(installed: None) -> None:
    chosen = vendor_from_settings(Settings(vendor="theirs"))
    assert (chosen.name, chosen.lag) == ("theirs", timedelta(minutes=20))
    assert chosen.config == {"depth": 3}  # type: ignore[attr-defined]  # theirs has it


def test_an_installed_vendor_that_is_wrong_is_said_in_one_line(installed: None) -> None:
    with pytest.raises(
        VendorError, match=r"^BUTTER_VENDOR: 'broken' is no vendor: it has no bars; see docs/market.md$"
    ):
        vendor_from_settings(Settings(vendor="broken"))
    with pytest.raises(
        VendorError, match=r"^BUTTER_VENDOR: 'gone' cannot be loaded from their_vendors:nowhere [^\n]*$"
    ):
        vendor_from_settings(Settings(vendor="gone"))
    with pytest.raises(
        VendorError, match="set it to one of: broken, csv, databento, gone, simulator, theirs, tradier$"
    ):
        vendor_from_settings(Settings(vendor="oracle"))


def test_a_built_in_name_is_never_taken_over(installed: None) -> None:
    assert vendor_from_settings(Settings(vendor="simulator")).name == "simulator-7-edge"


def test_an_installed_vendor_must_state_its_lag(installed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    (settings().configs / "market.yml").write_text("vendors: {theirs: 5}\n")
    configs.load.cache_clear()
    with pytest.raises(ConfigError, match="vendors.theirs must be a mapping with lag_minutes, was 5"):
        vendor_from_settings(Settings(vendor="theirs"))
    (settings().configs / "market.yml").write_text("vendors: {}\n")
    configs.load.cache_clear()
    with pytest.raises(ConfigError, match="vendors.theirs.lag_minutes must be a number from 0 to under 60, was None"):
        vendor_from_settings(Settings(vendor="theirs"))
