"""The embedded market as a vendor.

What belongs here: turning sessions into indices of a simulated path, the path's cache, and what is
expected of it. What does not: the market itself (`market.simulator`).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from butter_pipeline.frame import Frame
from butter_pipeline.market.frames import BARS, CHAINS, CONTEXT
from butter_pipeline.market.sessions import NoSuchSession, close_at, offset, position, sessions_between
from butter_pipeline.market.vendors.protocol import VendorError

if TYPE_CHECKING:
    import pyarrow as pa

    from butter_pipeline.market.simulator.path import Path
    from butter_pipeline.market.simulator.world import World
    from butter_pipeline.settings import Settings

    Rows = Callable[[Path, Sequence[int], Sequence[datetime]], pa.Table]

LOOK_PAST_SESSIONS = 70
"""The path must extend so far beyond the last session wanted: quotes need the expiries that follow."""


def from_settings(settings: "Settings", lag: timedelta, config: Mapping[str, Any]) -> "SimulatedVendor":
    """The embedded market of configs/simulator.yml, changed as the settings say."""
    from butter_pipeline.configs import ConfigError, load

    if config:
        raise ConfigError(f"market.yml: vendors.simulator.{min(config)} is unknown; the world is in simulator.yml")
    from butter_pipeline.market.simulator.world import world_from_config

    asked: dict[str, object] = {"seed": settings.simulator_seed, "mode": settings.simulator_mode}
    changes = {name: wanted for name, wanted in asked.items() if wanted is not None}
    if not settings.simulator_break:
        changes["break_session"] = None
    try:
        world = world_from_config(load("simulator").values | changes)
    except ValueError as error:
        raise ConfigError(f"simulator.yml: {error}") from None
    return SimulatedVendor(world, lag)


class SimulatedVendor:
    """One world's market; equal worlds hand over equal bits, whatever was asked before."""

    def __init__(self, world: "World", lag: timedelta) -> None:
        """A vendor of `world` whose rows can be known `lag` after the close."""
        self._world = world
        self._lag = lag

    @property
    def name(self) -> str:
        """`simulator-<seed>-edge`, `-placebo` (nothing can be earned) or `-nobreak` (an edge that lasts)."""
        lasting = self._world.mode == "edge" and self._world.break_session is None
        return f"simulator-{self._world.seed}-{'nobreak' if lasting else self._world.mode}"

    @property
    def lag(self) -> timedelta:
        """From the close until rows can be known."""
        return self._lag

    @property
    def datasets(self) -> frozenset[str]:
        """Bars, chains and context; nothing within the day."""
        return frozenset({BARS.name, CHAINS.name, CONTEXT.name})

    @property
    def first_session(self) -> date:
        """Where the simulated market begins."""
        return self._world.first_session

    @property
    def break_session(self) -> date | None:
        """When the market breaks; none for one that never does. Only reports may ask."""
        return self._world.break_session if self._world.mode == "edge" else None

    def symbols(self, session: date) -> Sequence[str]:
        """Every listing trades in every session."""
        self._index(session)
        return self._world.symbols

    def underlyings(self, session: date) -> Sequence[str]:
        """Every listing has options in every session."""
        return self.symbols(session)

    def series(self, session: date) -> Sequence[str]:
        """The volatility indices, the index, the short rate and a level for each sector."""
        from butter_pipeline.market.simulator.tables import VOL_INDEX_DAYS

        self._index(session)
        sectors = {f"sector_{listing.sector}" for listing in self._world.listings if listing.sector}
        return sorted({*VOL_INDEX_DAYS, "index_level", "short_rate_pct", *sectors})

    def bars(self, sessions: Sequence[date]) -> "pa.Table":
        """The sessions' bars."""
        from butter_pipeline.market.simulator.tables import bar_rows

        return self._rows(BARS, bar_rows, sessions)

    def chains(self, sessions: Sequence[date]) -> "pa.Table":
        """The sessions' option chains."""
        from butter_pipeline.market.simulator.tables import chain_rows

        return self._rows(CHAINS, chain_rows, sessions)

    def context(self, sessions: Sequence[date]) -> "pa.Table":
        """The sessions' context series."""
        from butter_pipeline.market.simulator.tables import context_rows

        return self._rows(CONTEXT, context_rows, sessions)

    def _rows(self, frame: Frame, rows: "Rows", sessions: Sequence[date]) -> "pa.Table":
        if not sessions:
            return frame.schema.empty_table()
        ordered = sorted(set(sessions))
        indices = [self._index(session) for session in ordered]
        return rows(self._path(ordered[-1]), indices, [close_at(session) + self._lag for session in ordered])

    def _index(self, session: date) -> int:
        try:
            index = position(session) - position(self.first_session)
        except NoSuchSession as error:
            raise VendorError(f"{self.name}: {error}; ask for a session") from None
        if index < 0:
            raise VendorError(f"{self.name}: no session {session}, the first is {self.first_session}; ask from there")
        return index

    def _path(self, last: date) -> "Path":
        try:
            return _simulated(self._world, offset(last, LOOK_PAST_SESSIONS).year)
        except NoSuchSession as error:
            raise VendorError(f"{self.name}: {last} is too late: {error}; ask for an earlier session") from None


@lru_cache(maxsize=4)
def _simulated(world: "World", last_year: int) -> "Path":
    """The path until the end of a year; one that ends later begins with the same bits."""
    from butter_pipeline.market.simulator.path import simulate

    return simulate(world, list(sessions_between(world.first_session, date(last_year, 12, 31))))
