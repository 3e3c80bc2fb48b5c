"""Raw market data and the lake's manifest.

What belongs here: tables whose columns come from `market.frames`, what was refused, and what lies in
the lake. What does not: anything computed.
"""

from sqlalchemy import Index, PrimaryKeyConstraint, Table

from butter_pipeline.market.frames import BARS, CANDIDATE_ANSWERS, CANDIDATES, CONTEXT
from butter_pipeline.store.schema import base
from butter_pipeline.store.schema.base import COUNT, DATE, METADATA, TEXT, TIME, at_least, column

BARS_TABLE = base.frame_table(
    BARS,
    "Open, high, low, close and volume per instrument and session; prices raw, corrections as further rows.",
    partitioned=True,
)
CONTEXT_TABLE = base.frame_table(
    CONTEXT,
    "Levels of market-wide series per session (volatility indices, sectors, macro); corrections as rows.",
    partitioned=True,
)

CANDIDATES_TABLE = base.frame_table(
    CANDIDATES,
    "Instruments that an outside source proposes, long or short; `answer_hash` names the raw answer.",
    base.one_of("list", "long", "short"),
    base.share("confidence"),
)
CANDIDATE_ANSWERS_TABLE = base.frame_table(
    CANDIDATE_ANSWERS,
    "What sources of candidates were asked and answered, to the letter; a model's answer cannot be computed again.",
)

QUARANTINE = Table(
    "quarantine",
    METADATA,
    column("quarantine_id", TEXT, "sha256 of dataset, vendor, session, reason and the row's content", primary_key=True),
    column("dataset", TEXT, "the frame the row was meant for, such as bars or chains"),
    base.vendor(),
    column("session", DATE, "exchange session that the row claims"),
    column("symbol", TEXT, "instrument or series that the row claims; empty when it names none"),
    column("reason", TEXT, "name of the check that refused the row"),
    column("detail", TEXT, "what the check found, in one line"),
    column("row_json", TEXT, "the refused row as JSON, nothing left out"),
    column("available_at", TIME, "when the market could know the row, as the vendor gave it (UTC)"),
    *base.provenance(),
    Index(None, "dataset", "vendor", "session"),
    schema="market",
    comment="Rows that a quality check refused, with the reason; the good rows of the session went on.",
    info={"owner": "market"},
)

MANIFEST = Table(
    "manifest",
    METADATA,
    column("what", TEXT, "name of the content: a frame such as chains, or an asset such as features.matrix"),
    base.vendor("who supplied the content; empty when it does not apply"),
    column("session", DATE, "exchange session that the content belongs to"),
    column("hash", TEXT, "sha256 of the Arrow content; the file is named by it"),
    column("rows", COUNT, "number of rows in the file", at_least("rows", 0)),
    column("uri", TEXT, "the file, relative to the lake's root"),
    column("bytes", COUNT, "size of the file", at_least("bytes", 0)),
    column("available_at", TIME, "when the market could know the content (UTC); receipt for a correction"),
    *base.provenance(),
    PrimaryKeyConstraint("what", "vendor", "session", "available_at"),
    schema="lake",
    comment="What the lake holds: a row per file, written after the file; changed content is a further row.",
    info={"owner": "store"},
)
