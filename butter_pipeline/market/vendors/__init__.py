"""Where market data comes from: one module per vendor, all behind `protocol.Vendor`.

A vendor is an entry point of the group `butter_pipeline.vendors`: a name, and a function from the settings, the lag and
the vendor's section of configs/market.yml to a `Vendor`. The built-in ones stand in the table below in the same form;
any installed package may declare more. One that talks to Interactive Brokers will be the module `interactive_brokers`,
on the connection that execution brings.

What belongs here: finding vendors by name. What does not: judging rows or keeping them.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any

from butter_pipeline.market.sessions import SETTLE_LAG
from butter_pipeline.market.vendors.protocol import Vendor, VendorError, VendorUnavailable

if TYPE_CHECKING:
    from butter_pipeline.settings import Settings

    Build = Callable[[Settings, timedelta, Mapping[str, Any]], Vendor]

__all__ = ["Vendor", "VendorError", "VendorUnavailable", "vendor_from_settings"]

MEMBERS = tuple(name for name in vars(Vendor) if not name.startswith("_"))
GROUP = "butter_pipeline.vendors"
_HERE = "butter_pipeline.market.vendors"
BUILT_IN = tuple(
    EntryPoint(name, f"{_HERE}.{place}:from_settings", GROUP)
    for name, place in {
        "csv": "csv_folder",
        "databento": "databento",
        "simulator": "simulated",
        "tradier": "tradier",
    }.items()
)


def vendor_from_settings(settings: "Settings") -> Vendor:
    """The vendor that the settings name."""
    name = settings.vendor
    config = _config(name)
    build = _build(name)
    vendor = build(settings, _lag(name, config), {key: value for key, value in config.items() if key != "lag_minutes"})
    lacking = sorted(set(MEMBERS) - set(dir(vendor)))  # looked at without asking: members may read files
    if lacking:
        raise VendorError(f"BUTTER_VENDOR: {name!r} is no vendor: it has no {lacking[0]}; see docs/market.md")
    return vendor


def _build(name: str) -> "Build":
    """The function that makes a vendor: a built-in one, else one that an installed package declares."""
    found = [each for each in BUILT_IN if each.name == name] or list(entry_points(group=GROUP, name=name))
    if not found:
        known = ", ".join(sorted({each.name for each in (*BUILT_IN, *entry_points(group=GROUP))}))
        raise VendorError(f"BUTTER_VENDOR: no vendor {name!r}; set it to one of: {known}")
    if len(found) > 1:
        places = ", ".join(each.value for each in found)
        raise VendorError(f"BUTTER_VENDOR: {name!r} is declared by several packages ({places}); uninstall all but one")
    try:
        build: Build = found[0].load()
    except (ImportError, AttributeError) as error:
        raise VendorError(f"BUTTER_VENDOR: {name!r} cannot be loaded from {found[0].value} ({error})") from None
    return build


def _config(vendor: str) -> Mapping[str, Any]:
    """The vendor's section of configs/market.yml; an installed vendor may do without."""
    from butter_pipeline.configs import ConfigError, load

    sections = load("market").values.get("vendors") or {}
    section = sections.get(vendor, {}) if isinstance(sections, dict) else None
    if not isinstance(section, dict):
        raise ConfigError(f"market.yml: vendors.{vendor} must be a mapping with lag_minutes, was {section!r}")
    return section


def _lag(vendor: str, config: Mapping[str, Any]) -> timedelta:
    """The vendor's stated lag."""
    from butter_pipeline.configs import ConfigError

    minutes = config.get("lag_minutes")
    settle = SETTLE_LAG.total_seconds() / 60
    if isinstance(minutes, bool) or not isinstance(minutes, int | float) or not 0 <= minutes < settle:
        raise ConfigError(
            f"market.yml: vendors.{vendor}.lag_minutes must be a number from 0 to under {settle:g}, was {minutes!r}"
        )
    return timedelta(minutes=minutes)
