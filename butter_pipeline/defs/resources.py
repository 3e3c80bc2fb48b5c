"""Resources: what Dagster hands to assets, as plain domain objects that have never heard of it.

What belongs here: turning the settings into a store and a vendor. What does not: what is done with them.
"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import dagster as dg

from butter_pipeline import configs
from butter_pipeline.settings import settings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from butter_pipeline.derivation import Reader, Run
    from butter_pipeline.market.vendors.candidates import CandidateSource
    from butter_pipeline.market.vendors.protocol import Vendor
    from butter_pipeline.store import Store


class House(dg.ConfigurableResource):
    """The store and the vendor that this process's settings name."""

    def store(self) -> "Store":
        """PostgreSQL and the lake."""
        from butter_pipeline.operations.addresses import addresses
        from butter_pipeline.store import Store

        where = settings()
        return Store(addresses(where).database_url, where.lake)

    def vendor(self) -> "Vendor":
        """Where market data comes from."""
        from butter_pipeline.market.vendors.second import vendors_from_settings

        return vendors_from_settings(settings())

    def candidate_source(self) -> "CandidateSource | None":
        """Where candidates come from, if a source is configured."""
        from butter_pipeline.market.vendors.candidates import source_from_settings

        return source_from_settings(settings())

    def reader(self) -> "Reader":
        """Reads what is stored of the vendor's market."""
        from butter_pipeline.derivation import Reader

        return Reader(self.store(), self.vendor().name)

    def run(self, context: dg.AssetExecutionContext, code_version: str, *configurations: str) -> "Run":
        """What the rows of this run carry; the only place where an asset reads the clock.

        `configurations` names what the stage reads beyond the market's own.
        """
        from butter_pipeline.derivation import Run

        now = datetime.now(UTC)
        return Run(
            vendor=self.vendor().name,
            received_at=now,
            recorded_at=now,
            code_version=code_version,
            config_hash=self.config_hash(*configurations),
            run_id=context.run.run_id,
        )

    def config_hash(self, *configurations: str) -> str:
        """One hash over the market's configurations and those named, and the vendor's name, which tells its world."""
        hashes = {name: configs.load(name).hash for name in ("market", "simulator", *configurations)}
        return configs.hash_of(hashes | {"vendor": self.vendor().name})

    def last_session_made(self, assets: "Sequence[str]") -> "date | None":
        """The latest session up to which every one of the assets is good, under the vendor in use."""
        from butter_pipeline.store import outcomes

        store, vendor = self.store(), self.vendor().name
        last = [outcomes.last_session(store, asset, vendor) for asset in assets]
        return min(found) if len(found := [day for day in last if day is not None]) == len(last) else None


def resources() -> dict[str, object]:
    """The resources by the names under which assets ask for them."""
    return {"house": House()}
