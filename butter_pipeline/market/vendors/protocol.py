"""What every vendor of market data promises, and the two ways in which one fails.

What belongs here: the protocol and its errors. What does not: any one vendor (a module each, beside
this one), and whether rows are any good (`market.quality`).
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Protocol, runtime_checkable

import pyarrow as pa

from butter_pipeline.errors import ButterError
from butter_pipeline.frame import Frame

REFUSED = pa.schema(
    [
        pa.field("session", pa.date32()),  # the row's own, or that of the readable row before it
        pa.field("symbol", pa.string()),  # empty where it cannot be told
        pa.field("source", pa.string()),  # file or address
        pa.field("row", pa.int64()),  # counted from 1, as an editor shows it
        pa.field("column", pa.string()),
        pa.field("reason", pa.string()),
        pa.field("detail", pa.string()),  # one line: where, what stood there, what was wanted
        pa.field("row_json", pa.string()),  # the raw row, nothing left out
    ]
)
"""Raw rows that could not be read as rows of a frame at all; intake puts them into quarantine."""


class VendorError(ButterError):
    """The vendor cannot deliver, now or later; one line: what, where, what to do."""


class VendorUnavailable(VendorError):
    """The vendor cannot deliver now; asking again later may work."""


@runtime_checkable
class Vendor(Protocol):
    """A source of raw rows.

    Rows have the schemas of `market.frames`, sorted by key and `available_at`. A first delivery carries
    `available_at = close_at(session) + lag`; a correction repeats the key with a later one. A vendor
    repairs nothing: it hands over what the source holds, and sessions that it does not hold have no
    rows. Rows that the source dates on a day without a session come with the session that follows,
    so that quality can name them.

    A dataset beyond bars, chains and context, such as `intraday`, is a method of the frame's name with the same
    form, and one that says which names a session of it should hold (`intraday_names`); they need only exist where
    `datasets` names it. `refused`, `withheld` and `still` (below) need only exist where they are needed.
    """

    @property
    def name(self) -> str:
        """The source's name, part of every row's key: two sources that may disagree never share one."""

    @property
    def lag(self) -> timedelta:
        """From the close until rows can be known; less than the settle lag."""

    @property
    def first_session(self) -> date:
        """The earliest session that the source can hold."""

    @property
    def datasets(self) -> frozenset[str]:
        """The frames that the source has at all, by name; a folder may well have bars only."""

    def symbols(self, session: date) -> Sequence[str]:
        """The instruments that should have a bar in the session, sorted."""

    def underlyings(self, session: date) -> Sequence[str]:
        """The instruments that should have an option chain in the session, sorted."""

    def series(self, session: date) -> Sequence[str]:
        """The context series that should have a value in the session, sorted."""

    def bars(self, sessions: Sequence[date]) -> pa.Table:
        """The sessions' bars."""

    def chains(self, sessions: Sequence[date]) -> pa.Table:
        """The sessions' option chains."""

    def context(self, sessions: Sequence[date]) -> pa.Table:
        """The sessions' context series."""


@runtime_checkable
class OffersActions(Protocol):
    """What a vendor has besides when it names `actions` among its datasets."""

    def actions(self, sessions: Sequence[date]) -> "pa.Table":
        """The actions whose ex-session is among the sessions, as rows of ACTIONS.

        They can be known from their announcement on, or from the opening bell of their ex-session where none is given.
        Those dated on a day without a session come with the session that follows.
        """


@runtime_checkable
class Refusing(Protocol):
    """A vendor some of whose raw rows may be unreadable: they are handed over apart, the good ones go on."""

    def refused(self, frame: Frame, sessions: Sequence[date]) -> pa.Table:
        """The unreadable rows of some sessions, in the shape of `REFUSED`."""


@runtime_checkable
class Probing(Protocol):
    """A vendor that can tell whether it would answer."""

    def probe(self) -> str:
        """What was found when it was asked for something small; raises `VendorError` where it does not answer."""


@runtime_checkable
class Withholding(Protocol):
    """A vendor that does not have every session of what it offers."""

    def withheld(self, frame: Frame, sessions: Sequence[date]) -> Mapping[date, str]:
        """The sessions that cannot be had from it, each with the reason."""


@runtime_checkable
class Moving(Protocol):
    """A vendor whose source may change while it is asked, and that is slow to look whether it did."""

    def still(self) -> Vendor:
        """The vendor as it is now; nothing that changes from here on shows."""


def still(vendor: Vendor) -> Vendor:
    """The vendor as it is now, to be asked many times about one stretch of sessions."""
    return vendor.still() if isinstance(vendor, Moving) else vendor


def withheld(vendor: Vendor, frame: Frame, sessions: Sequence[date]) -> Mapping[date, str]:
    """The sessions that cannot be had from the vendor, each with the reason."""
    return vendor.withheld(frame, sessions) if isinstance(vendor, Withholding) else {}


def refused(vendor: Vendor, frame: Frame, sessions: Sequence[date]) -> pa.Table:
    """The raw rows of some sessions that the vendor could not read."""
    return vendor.refused(frame, sessions) if isinstance(vendor, Refusing) else REFUSED.empty_table()
