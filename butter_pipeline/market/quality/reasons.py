"""Every reason that quality gives, by name: of which rows, what becomes of them, and what it means.

What belongs here: the names, for pages and screens. What does not: the rules, which give them.
"""

from dataclasses import dataclass

REJECTED, FLAGGED, BLOCKED = "quarantined", "flagged", "blocks the session"


@dataclass(frozen=True)
class Reason:
    """One name under which something is found."""

    name: str
    frames: str
    outcome: str
    meaning: str


REASONS = (
    Reason("missing key", "all", REJECTED, "no session, name or moment"),
    Reason("not a session", "all", REJECTED, "a weekend, or outside the calendar"),
    Reason(
        "exchange holiday", "all", REJECTED, "other exchanges were open, this one was not: set aside, nothing wrong"
    ),
    Reason("session in the future", "all", REJECTED, "dated on a session that is yet to come"),
    Reason("session not asked for", "all", REJECTED, "the vendor handed over more than it was asked for"),
    Reason("bad symbol", "bars, chains", REJECTED, "spaces around the name, or letters that only look like its own"),
    Reason("bad series", "context", REJECTED, "as a bad symbol"),
    Reason("unexpected symbol", "bars, chains", REJECTED, "a name that the session should not have"),
    Reason("unexpected series", "context", REJECTED, "as an unexpected symbol"),
    Reason("duplicate key", "all", REJECTED, "copies after the first; of rows that contradict each other, all"),
    Reason("stamp in the future", "all", REJECTED, "known from a moment that is yet to come"),
    Reason("known before the close", "all", REJECTED, "known before its session (or bar) was over: it would leak"),
    Reason(
        "wrong time zone", "all", f"{REJECTED} if early, {FLAGGED} if late", "known whole hours from when it was due"
    ),
    Reason("clock an hour off", "all", f"{REJECTED} if early, {FLAGGED} if late", "as above by one hour: summer time"),
    Reason("half session", "all", FLAGGED, "stamped, or traded, as if a half day had been a whole one"),
    Reason("future stamp", "all", FLAGGED, "known only after the session had settled"),
    Reason("non-finite price", "bars", REJECTED, "a price is missing or infinite"),
    Reason("non-positive price", "bars", REJECTED, "zero or less, of an instrument not declared `may_be_negative`"),
    Reason(
        "price and volume swapped", "bars", REJECTED, "one price is far above the others, and the volume among them"
    ),
    Reason("high below low", "bars", REJECTED, "perhaps swapped"),
    Reason("open outside range", "bars", REJECTED, "not between low and high"),
    Reason("close outside range", "bars", REJECTED, "not between low and high"),
    Reason("non-finite volume", "bars", REJECTED, "the volume is missing or infinite"),
    Reason("negative volume", "bars, chains", REJECTED, "less than nothing was traded"),
    Reason("frozen feed", "bars", f"{REJECTED}, {BLOCKED}", "most symbols repeat the session before to the last digit"),
    Reason("frozen bar", "bars", REJECTED, "one symbol repeats the session before to the last digit"),
    Reason("stale price", "bars", FLAGGED, "one price, all day and for many sessions, while there is trade"),
    Reason("rows exchanged", "bars", REJECTED, "two symbols stand where the other one stood"),
    Reason("volume unit", "bars", REJECTED, "a hundred times the usual volume or a hundredth, on an ordinary day"),
    Reason("moved without volume", "bars", FLAGGED, "a range, but no volume, of a symbol that trades"),
    Reason("unit change", "bars, context", REJECTED, "a hundred or a thousand times the last close, or a fraction so"),
    Reason(
        "spike", "bars, context", REJECTED, "far away, and neither volume nor market nor the session before bear it out"
    ),
    Reason("gap after halt", "bars, context", REJECTED, "a spike after sessions without a bar"),
    Reason("sign flip", "bars", REJECTED, "of an instrument that may be negative: the last close with its sign lost"),
    Reason("negative price", "bars", FLAGGED, "an instrument that may be negative crossed zero"),
    Reason("possible split", "bars", FLAGGED, "opened and stayed near a split's ratio, on usual turnover, unannounced"),
    Reason(
        "split not shown",
        "bars",
        REJECTED,
        "a split was announced, and the price stands where another one would put it, or none",
    ),
    Reason("new level", "bars, context", FLAGGED, "the level that the last session showed and that was doubted"),
    Reason("violent session", "bars, chains", FLAGGED, "the market moved as a whole, or spreads are wide throughout"),
    Reason("violent move", "bars, context", FLAGGED, "a large move that volume, or the bar's own range, bears out"),
    Reason(
        "unusual move", "bars, context", FLAGGED, "a large move on ordinary volume, not large enough to be rejected"
    ),
    Reason("stray high or low", "bars", FLAGGED, "a bad tick within the bar; its close is as good as any"),
    Reason("bad right", "chains", REJECTED, "neither C nor P"),
    Reason("non-positive strike", "chains", REJECTED, "no strike, or none that can be"),
    Reason("expired contract", "chains", REJECTED, "expires before the session"),
    Reason("bid missing", "chains", REJECTED, "no number; nobody bidding is 0"),
    Reason("negative bid", "chains", REJECTED, "less than nothing is bid"),
    Reason("ask missing", "chains", REJECTED, "no number above 0"),
    Reason("crossed quote", "chains", REJECTED, "the bid is above the ask; perhaps swapped"),
    Reason("bad underlying price", "chains", REJECTED, "no number above 0"),
    Reason("negative last price", "chains", REJECTED, "a trade at less than nothing"),
    Reason("volume missing", "chains", REJECTED, "no number; none traded is 0"),
    Reason("open interest missing", "chains", REJECTED, "no number; none open is 0"),
    Reason("negative open interest", "chains", REJECTED, "fewer than no contracts"),
    Reason("stale chain", "chains", REJECTED, "the underlying stands at the last session's close: yesterday's quotes"),
    Reason("underlying price off", "chains", REJECTED, "far from the bar's close, or from the chain's other quotes"),
    Reason("strike unit", "chains", REJECTED, "no strike of the chain is anywhere near the underlying"),
    Reason("rights swapped", "chains", REJECTED, "parity holds only with calls and puts exchanged"),
    Reason("price below intrinsic", "chains", REJECTED, "the ask is below what exercise would bring"),
    Reason("price above bound", "chains", REJECTED, "the bid is above what the contract could ever pay"),
    Reason("put-call parity", "chains", f"{FLAGGED}, {BLOCKED} if common", "no carry explains the pair"),
    Reason("vertical arbitrage", "chains", f"{FLAGGED}, {BLOCKED} if common", "two strikes pay for nothing"),
    Reason("butterfly arbitrage", "chains", f"{FLAGGED}, {BLOCKED} if common", "three strikes pay for nothing"),
    Reason("calendar arbitrage", "chains", f"{FLAGGED}, {BLOCKED} if common", "two expiries pay for nothing"),
    Reason("expiry on no session", "chains", FLAGGED, "the exchange is closed when the contract ends"),
    Reason("strike off grid", "chains", FLAGGED, "nearly all of the chain's strikes are whole halves, this is none"),
    Reason("fractional contracts", "chains", FLAGGED, "volume or open interest is no whole number"),
    Reason("one-sided chain", "chains", FLAGGED, "nearly all calls are missing, or nearly all puts"),
    Reason("locked quote", "chains", FLAGGED, "bid and ask are the same"),
    Reason("wide quote", "chains", FLAGGED, "the spread says that nobody knows"),
    Reason("vendor iv out of range", "chains", FLAGGED, "no volatility, or one in another unit"),
    Reason("vendor iv off", "chains", FLAGGED, "the vendor's volatility does not give the quote it comes with"),
    Reason("non-finite value", "context", REJECTED, "the value is missing or infinite"),
    Reason("vol index out of range", "context", REJECTED, "a fraction where per cent are meant, or no volatility"),
    Reason("rate out of range", "context", REJECTED, "no interest rate"),
    Reason("non-positive level", "context", REJECTED, "a level of zero or less"),
    Reason("flat term structure", "context", FLAGGED, "volatility indices of all horizons stand at one value"),
)


def reasons_of(frame_name: str) -> tuple[Reason, ...]:
    """The reasons that rows of a frame can be given."""
    return tuple(reason for reason in REASONS if frame_name in reason.frames or reason.frames == "all")
