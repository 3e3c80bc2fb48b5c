"""Where market data comes from: one module per vendor, all behind `protocol.Vendor`.

What belongs here: the table of vendors by name. A new one is a module beside this one, a line in
`_BUILDERS` and its name in `settings.Settings.vendor`. What does not: judging rows or keeping them.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from butter_pipeline.market.sessions import SETTLE_LAG
from butter_pipeline.market.vendors.protocol import Vendor, VendorError, VendorUnavailable

if TYPE_CHECKING:
    from butter_pipeline.settings import Settings

__all__ = ["Vendor", "VendorError", "VendorUnavailable", "vendor_from_settings"]


def _simulator(settings: "Settings") -> Vendor:
    from butter_pipeline.configs import ConfigError, load
    from butter_pipeline.market.simulator.world import world_from_config
    from butter_pipeline.market.vendors.simulated import SimulatedVendor
    from butter_pipeline.market.vendors.simulated_splits import splits_from_config

    values = dict(load("simulator").values)
    splits = splits_from_config(values.pop("splits", None))
    asked: dict[str, object] = {"seed": settings.simulator_seed, "mode": settings.simulator_mode}
    changes = {name: wanted for name, wanted in asked.items() if wanted is not None}
    if not settings.simulator_break:
        changes["break_session"] = None
    try:
        world = world_from_config(values | changes)
    except ValueError as error:
        raise ConfigError(f"simulator.yml: {error}") from None
    return SimulatedVendor(world, _lag("simulator"), splits)


def _csv(settings: "Settings") -> Vendor:
    from butter_pipeline.market.vendors.csv_folder import CsvFolder

    if settings.csv_folder is None:
        raise VendorError("BUTTER_CSV_FOLDER: not set, and the csv vendor needs it; set it to the folder of bars.csv")
    return CsvFolder(settings.csv_folder, _lag("csv"))


_BUILDERS: dict[str, Callable[["Settings"], Vendor]] = {"simulator": _simulator, "csv": _csv}


def vendor_from_settings(settings: "Settings") -> Vendor:
    """The vendor that the settings name."""
    try:
        build = _BUILDERS[settings.vendor]
    except KeyError:
        known = ", ".join(sorted(_BUILDERS))
        raise VendorError(f"BUTTER_VENDOR: no vendor {settings.vendor!r}; set it to one of: {known}") from None
    return build(settings)


def _lag(vendor: str) -> timedelta:
    """The vendor's stated lag, from configs/market.yml."""
    from butter_pipeline.configs import ConfigError, load

    config = load("market").values
    minutes = config.get("vendors", {}).get(vendor, {}).get("lag_minutes")
    settle = SETTLE_LAG.total_seconds() / 60
    if isinstance(minutes, bool) or not isinstance(minutes, int | float) or not 0 <= minutes < settle:
        raise ConfigError(
            f"market.yml: vendors.{vendor}.lag_minutes must be a number from 0 to under {settle:g}, was {minutes!r}"
        )
    return timedelta(minutes=minutes)
