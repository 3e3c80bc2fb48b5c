"""A vendor with another one beside it, whose rows of the same sessions are compared with its own.

What belongs here: keeping the two together under the first one's name. What does not: the comparison
(`market.quality.agreement`) and what comes of it (`market.comparison`).
"""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, cast

from butter_pipeline.frame import Frame
from butter_pipeline.market.vendors import vendor_from_settings
from butter_pipeline.market.vendors.protocol import Vendor, VendorError, refused, still

if TYPE_CHECKING:
    import pyarrow as pa

    from butter_pipeline.settings import Settings


def vendors_from_settings(settings: "Settings") -> Vendor:
    """The vendor that the settings name, with the second one beside it where they name one."""
    first = vendor_from_settings(settings)
    if settings.second_vendor is None:
        return first
    folder = settings.second_csv_folder or settings.csv_folder
    changes = {"vendor": settings.second_vendor, "csv_folder": folder}
    second = vendor_from_settings(settings.model_copy(update=changes))
    if second.name == first.name:
        raise VendorError(f"BUTTER_SECOND_VENDOR: {second.name} is the first vendor too; name another one")
    return cast(Vendor, Seconded(first, second))


class Seconded:
    """The first vendor in all that it does, and the second one beside it."""

    def __init__(self, first: Vendor, second: Vendor) -> None:
        """Two vendors of the same rows."""
        self.first, self.second = first, second

    def __getattr__(self, name: str) -> Any:
        """What the first vendor has."""
        return getattr(self.first, name)

    def still(self) -> "Seconded":
        """Both as they are now."""
        return Seconded(still(self.first), still(self.second))

    def refused(self, frame: Frame, sessions: Sequence[date]) -> "pa.Table":
        """The first vendor's unreadable rows."""
        return refused(self.first, frame, sessions)
