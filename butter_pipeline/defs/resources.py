"""Resources: what Dagster hands to assets, as plain domain objects that have never heard of it.

What belongs here: turning the settings into a store and a vendor. What does not: what is done with them.
"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import dagster as dg

from butter_pipeline import configs
from butter_pipeline.settings import settings

if TYPE_CHECKING:
    from datetime import date

    from butter_pipeline.market.intake import Run
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
        from butter_pipeline.market.vendors import vendor_from_settings

        return vendor_from_settings(settings())

    def run(self, context: dg.AssetExecutionContext, vendor: "Vendor", code_version: str) -> "Run":
        """What the rows of this run carry; the only place where an asset reads the clock."""
        from butter_pipeline.market.intake import Run

        now = datetime.now(UTC)
        return Run(
            vendor=vendor.name,
            received_at=now,
            recorded_at=now,
            code_version=code_version,
            config_hash=self.config_hash(),
            run_id=context.run.run_id,
        )

    def config_hash(self) -> str:
        """One hash over the configurations of the market stage, and the vendor's name, which tells its world."""
        hashes = {name: configs.load(name).hash for name in ("market", "simulator")}
        return configs.hash_of(hashes | {"vendor": self.vendor().name})

    def last_session_taken_in(self) -> "date | None":
        """The latest session with an outcome of the market stage, under the vendor in use."""
        from butter_pipeline.store import outcomes

        return outcomes.last_session(self.store(), "market/bars", self.vendor().name)


def resources() -> dict[str, object]:
    """The resources by the names under which assets ask for them."""
    return {"house": House()}
