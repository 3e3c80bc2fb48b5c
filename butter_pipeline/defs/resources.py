"""Resources: what Dagster hands to assets, as plain domain objects that have never heard of it.

What belongs here: turning the settings into a store and a vendor. What does not: what is done with them.
"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import dagster as dg

from butter_pipeline import configs
from butter_pipeline.settings import settings

if TYPE_CHECKING:
    from butter_pipeline.market.intake import Run
    from butter_pipeline.market.vendors.protocol import Vendor
    from butter_pipeline.store import Store


class House(dg.ConfigurableResource):  # type: ignore[type-arg]
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

    def run(self, context: dg.AssetExecutionContext, code_version: str) -> "Run":
        """What the rows of this run carry; the only place where an asset reads the clock."""
        from butter_pipeline.market.intake import Run

        hashes = {name: configs.load(name).hash for name in ("market", "simulator")}
        return Run(context.run.run_id, datetime.now(UTC), code_version, configs.hash_of(hashes))


def resources() -> dict[str, object]:
    """The resources by the names under which assets ask for them."""
    return {"house": House()}
