"""How Dagster keeps its books in PostgreSQL: its own storages, which hold a connection and plan a check once.

What belongs here: the two differences from Dagster's storages, which dagster.yaml names. What does not: the address
of the database (`addresses`), and anything that Dagster's storages do well.

Dagster connects anew for every statement, so that many instances hold few connections; a live session is hundreds of
statements, and each process here has one instance. And for a run over a range it writes a row per session and check
when it plans them, each with the whole partitions definition, though a check's verdict is one for the whole run: the
planned rows then stay planned for ever.
"""

from typing import TYPE_CHECKING, Any, Self, TypeVar

import dagster as dg
from dagster_postgres import PostgresEventLogStorage, PostgresRunStorage
from dagster_postgres.utils import create_pg_engine, pg_url_from_config
from dagster_shared.record import replace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dagster._core.events.log import EventLogEntry
    from dagster._serdes import ConfigurableClassData

Books = TypeVar("Books", bound=PostgresRunStorage | PostgresEventLogStorage)


def _holding(books: Books, url: str) -> Books:
    """The same storage, which keeps a connection and looks before each use whether it still is one."""
    books._engine = create_pg_engine(url, isolation_level="AUTOCOMMIT", pool_size=1, pool_pre_ping=True)
    return books


class Runs(PostgresRunStorage):
    """Dagster's runs, through a connection that is kept."""

    @classmethod
    def from_config_value(cls, inst_data: "ConfigurableClassData | None", config_value: "Mapping[str, Any]") -> Self:
        """As dagster.yaml says; Dagster's tables are made there if they are missing."""
        url = pg_url_from_config(config_value)
        return _holding(cls(url, inst_data=inst_data), url)


class Events(PostgresEventLogStorage):
    """Dagster's events, through a connection that is kept; a planned check is one row."""

    @classmethod
    def from_config_value(cls, inst_data: "ConfigurableClassData | None", config_value: "Mapping[str, Any]") -> Self:
        """As dagster.yaml says; Dagster's tables are made there if they are missing."""
        url = pg_url_from_config(config_value)
        return _holding(cls(url, inst_data=inst_data), url)

    def store_asset_check_event(self, event: "EventLogEntry", event_id: int | None) -> None:
        """Plan a check for the run, not for each of its sessions."""
        told = event.get_dagster_event()
        if told.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED:
            planned = replace(told.asset_check_planned_data, partitions_subset=None)
            event = event._replace(dagster_event=told._replace(event_specific_data=planned))
        super().store_asset_check_event(event, event_id)
