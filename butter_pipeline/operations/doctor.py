"""`butter doctor`: every precondition, each with its remedy.

What belongs here: one small function per precondition, which looks and changes nothing. What does not:
mending; a person decides about that.
"""

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from butter_pipeline.errors import ButterError
from butter_pipeline.operations.addresses import addresses, without_password
from butter_pipeline.operations.home import LEAST_FREE_BYTES, owner
from butter_pipeline.settings import PROJECT_ROOT, Settings, settings

OLDEST_PYTHON, NEWEST_PYTHON = (3, 11), (3, 13)


@dataclass(frozen=True)
class Finding:
    """One precondition: what was looked at, what was found, and what to do if it is not met."""

    what: str
    ok: bool
    found: str
    remedy: str = ""


def examine() -> list[Finding]:
    """Look at everything that can be looked at; a precondition that fails hides only what depends on it."""
    findings = [_python(), _packages()]
    try:
        where = settings()
    except ButterError as error:
        return [*findings, Finding("settings", False, str(error), "set the variable right or unset it")]
    findings += [Finding("settings", True, "BUTTER_* variables are valid"), _configs(), _meaning(), _calendar()]
    findings += [_home(where), _port(where), _vendor(where), _candidates(where), _lake(where)]
    return [*findings, *_databases(where)]


def _python() -> Finding:
    version = sys.version_info[:2]
    ok = OLDEST_PYTHON <= version <= NEWEST_PYTHON
    remedy = "" if ok else "install Python 3.11, 3.12 or 3.13, then `make clean install`"
    return Finding("python", ok, ".".join(map(str, sys.version_info[:3])), remedy)


def _packages() -> Finding:
    """Every pin of the lock that applies here, against what is installed."""
    import re
    from importlib.metadata import PackageNotFoundError, version

    lock = PROJECT_ROOT / "requirements.lock"
    wrong = []
    pin = re.compile(r"^([\w.-]+)(?:\[\S+\])?==(\S+)([^\\\n]*)", re.MULTILINE)
    for name, wanted, conditions in pin.findall(lock.read_text()):
        if not _applies(conditions):
            continue
        try:
            if version(name) != wanted:
                wrong.append(f"{name} {version(name)} (locked {wanted})")
        except PackageNotFoundError:
            wrong.append(f"{name} missing")
    found = ", ".join(wrong[:5]) if wrong else "as locked"
    return Finding("packages", not wrong, found, "run `make install`" if wrong else "")


def _applies(conditions: str) -> bool:
    from packaging.markers import Marker

    text = conditions.strip().removeprefix(";").strip()
    return not text or Marker(text).evaluate()


def _configs() -> Finding:
    from butter_pipeline import configs

    try:
        names = sorted(path.stem for path in settings().configs.glob("*.yml"))
        hashes = [f"{name} {configs.load(name).hash}" for name in names]
    except ButterError as error:
        return Finding("configs", False, str(error), "restore the file from the repository")
    ok = {"market", "simulator"} <= set(names)
    return Finding("configs", ok, ", ".join(hashes) or "none", "" if ok else "set BUTTER_CONFIGS to the configs folder")


def _meaning() -> Finding:
    from datetime import date

    from butter_pipeline import configs
    from butter_pipeline.market.quality import Thresholds
    from butter_pipeline.operations.sample import sample_span

    try:
        first = configs.value("market", "first_session", date)
        Thresholds.from_config(configs.value("market", "quality", dict))
        sample = sample_span()
    except ButterError as error:
        return Finding("settings of the market", False, str(error), "see the file as it was delivered")
    return Finding("settings of the market", True, f"sessions from {first}, sample {sample[0]} to {sample[1]}")


def _calendar() -> Finding:
    from butter_pipeline.market.holidays import LAST

    ok = (LAST - datetime.now(UTC).date()).days > 365
    remedy = "" if ok else "regenerate market/holidays.py with butter_pipeline.market.holiday_table"
    return Finding("calendar", ok, f"covers sessions until {LAST}", remedy)


def _home(where: Settings) -> Finding:
    from butter_pipeline.operations.home import make_home

    try:
        make_home(where.home)
    except ButterError as error:
        return Finding("home", False, str(error), "set BUTTER_HOME to a folder of yours with room")
    free = shutil.disk_usage(where.home).free
    return Finding("home", True, f"{where.home}, {free / 1e9:,.1f} GB free ({LEAST_FREE_BYTES / 1e9:.0f} needed)")


def _port(where: Settings) -> Finding:
    from butter_pipeline.operations.supervisor import require_free_port

    holder = owner(where.home)
    if holder is not None and holder.address:
        return Finding("port", True, f"served at {holder.address} by pid {holder.pid}")
    try:
        require_free_port(where.host, where.port)
    except ButterError as error:
        return Finding("port", False, str(error), "stop what uses it, or set BUTTER_PORT")
    return Finding("port", True, f"{where.host}:{where.port} is free")


def _vendor(where: Settings) -> Finding:
    from butter_pipeline.market.vendors import vendor_from_settings
    from butter_pipeline.market.vendors.protocol import Probing

    try:
        vendor = vendor_from_settings(where)
        found = f"{vendor.name}, from {vendor.first_session}: {', '.join(sorted(vendor.datasets))}"
        if isinstance(vendor, Probing):
            found += f"; {vendor.probe()}"
    except ButterError as error:
        return Finding("vendor", False, str(error), "set BUTTER_VENDOR and what it needs")
    return Finding("vendor", True, found)


def _candidates(where: Settings) -> Finding:
    from butter_pipeline.market.vendors.candidates import source_from_settings
    from butter_pipeline.market.vendors.protocol import Probing

    try:
        source = source_from_settings(where)
        found = source.probe() if isinstance(source, Probing) else ""
    except ButterError as error:
        return Finding("candidates", False, str(error), "set BUTTER_CANDIDATES_* right, or unset them")
    told = f"{source.name}: {found}" if source is not None else "no source is configured"
    return Finding("candidates", True, told)


def _lake(where: Settings) -> Finding:
    from butter_pipeline.store.files import folder

    try:
        folder(where.lake)
    except ButterError as error:
        return Finding("lake", False, str(error), "set BUTTER_LAKE_URL right, or unset it")
    return Finding("lake", True, where.lake)


def _databases(where: Settings) -> Iterator[Finding]:
    from butter_pipeline.store.database import known_revision, probe

    at = addresses(where)
    if at.embedded is not None and owner(where.home) is None:
        yield _embedded()
        return
    for what, url in (("database", at.database_url), ("dagster database", at.dagster_url)):
        yield _looked_at(what, url, lambda url=url: str(probe(url)))  # type: ignore[misc]
    yield _looked_at("schema", at.database_url, lambda: f"revision {known_revision(at.database_url)}")


def _embedded() -> Finding:
    import subprocess

    from butter_pipeline.store.embedded import binaries

    try:
        done = subprocess.run([binaries() / "postgres", "--version"], capture_output=True, text=True, check=True)
    except (ButterError, OSError, subprocess.CalledProcessError) as error:
        return Finding("database", False, f"the embedded PostgreSQL does not run ({error})", "run `make install`")
    return Finding(
        "database",
        True,
        f"embedded PostgreSQL {done.stdout.split()[-1]}, native partitions, not running; `butter up` starts it",
    )


def _looked_at(what: str, url: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what, True, f"{without_password(url)}: {look()}")
    except ButterError as error:
        return Finding(what, False, str(error), "see BUTTER_DATABASE_URL; the message says what the server wants")
