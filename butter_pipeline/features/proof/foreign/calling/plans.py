"""How a function wants to be called: which shape each of its parameters takes.

What belongs here: reading a signature, and the plans that are worth trying, the likeliest first. What does not:
calling (`calls`), and building arguments (`frames`).
"""

import inspect
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from butter_pipeline.features.proof.foreign.calling.frames import INDEXED, LAYOUTS, SHAPES, WHOLE
from butter_pipeline.features.proof.foreign.calling.spelling import KNOWN, SYMBOLS, Named

FIELD_NAMES = {
    "open": ("open", "opens", "open_", "open_price", "o"),
    "high": ("high", "highs", "h"),
    "low": ("low", "lows", "l"),
    "close": (
        "close",
        "closes",
        "price",
        "prices",
        "px",
        "c",
        "closing",
        "series",
        "s",
        "x",
        "values",
        "signal",
        "arr",
    ),
    "volume": ("volume", "volumes", "vol", "v", "vols"),
}
RETURNS = ("returns", "ret", "rets", "r", "log_returns", "changes")
BARS = (
    *("df", "bars", "bar", "frame", "data", "ohlcv", "ohlc", "history", "hist", "daily", "candles", "rows", "table"),
    *("d", "dataframe", "daily_bars", "prices_df", "quotes", "x_df"),
)
PANEL = (
    *("panel", "long", "universe", "market", "stocks", "assets", "cross_section", "xs", "all_bars", "many", "multi"),
    *("symbols", "df_long", "long_df", "panel_df", "long_frame", "bars_by_symbol"),
)
WIDE = ("wide", "matrix_of_closes", "close_matrix", "price_matrix", "wide_closes", "closes_wide")
INTRADAY = ("intraday", "minutes", "minute_bars", "intraday_bars", "ticks", "m1", "minute", "intraday_df", "bars_1m")
EVENTS = ("events", "earnings", "announcements", "dividends", "event_calendar", "calendar")
MOMENTS = ("as_of", "asof", "cutoff", "now", "moment", "decision_time", "decision_at", "when", "asof_time", "known_by")
LEARNED = ("X", "features", "sample", "train", "training", "examples")
TARGETS = ("y", "target", "targets", "label", "labels")
NUMBERS = {"alpha": 0.1, "q": 0.9, "quantile": 0.9, "threshold": 1.0, "k": 2, "lag": 1, "horizon": 1, "order": 2}
APART = frozenset(
    {"groupby", "pivot", "pivot_table", "unstack", "stack", "set_index", "merge", "unique", "isin", "map", "xs", "join"}
)
"""What code does that tells symbols apart."""
PLENTY = 48
"""Combinations of shapes that are tried before giving up."""
AWARE_MOMENT, WALL_CLOCK, DAY = "moment", "moment on the wall clock", "day"


@dataclass(frozen=True)
class Plan:
    """A shape or value for every parameter, and where frames have the time."""

    arguments: tuple[tuple[str, Any], ...]
    layout: str = INDEXED
    whole_anyway: bool = False

    @property
    def whole(self) -> bool:
        """Whether it shows all symbols at once."""
        return self.whole_anyway or any(shape in WHOLE for _, shape in self.arguments if isinstance(shape, str))

    @property
    def dated(self) -> bool:
        """Whether it names the moment as of which it asks."""
        return any(shape in (AWARE_MOMENT, WALL_CLOCK, DAY) for _, shape in self.arguments)

    @property
    def intraday(self) -> bool:
        """Whether it shows intraday bars."""
        return any(str(shape).startswith("intraday") for _, shape in self.arguments)

    def __str__(self) -> str:
        """The plan in words."""
        return f"({', '.join(f'{name}: {shape}' for name, shape in self.arguments)})"


def plans(function: Any, named: Named) -> Iterator[Plan]:
    """The plans that are worth trying, the likeliest first."""
    wanted = _parameters(function)
    options = [_options(parameter, place, named) for place, parameter in enumerate(wanted)]
    names = [parameter.name for parameter in wanted]
    for chosen in itertools.islice(itertools.product(*options), PLENTY):
        framed = any(str(shape) in ("bars", "panel", "intraday", "intraday panel") for shape in chosen)
        for layout in LAYOUTS if framed else (INDEXED,):
            yield Plan(tuple(zip(names, chosen, strict=True)), layout)


def _parameters(function: Any) -> Sequence[inspect.Parameter]:
    """The parameters that must be given, and those with a default whose name says that they are data."""
    data = (*BARS, *PANEL, *INTRADAY, *EVENTS, *MOMENTS)
    return [
        each
        for each in inspect.signature(function).parameters.values()
        if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)
        and (each.default is each.empty or (each.default is None and each.name.lower() in data))
    ]


def _options(parameter: inspect.Parameter, place: int, named: Named) -> Sequence[Any]:
    name = parameter.name
    found = _by_name(name, place, named)
    told = parameter.annotation
    said = told if isinstance(told, str) else getattr(told, "__name__", "") + " " + str(told)
    for word, fits in _BY_ANNOTATION:
        if word in said:
            return sorted(found, key=lambda shape: not fits(str(shape)))
    return found


_BY_ANNOTATION = (
    ("DataFrame", lambda shape: any(word in shape for word in ("bars", "panel", "wide", "intraday", "events"))),
    ("Series", lambda shape: shape in ("open", "high", "low", "close", "volume", "returns")),
    ("ndarray", lambda shape: "array" in shape or shape == "matrix"),
    ("NDArray", lambda shape: "array" in shape or shape == "matrix"),
    ("Floats", lambda shape: "array" in shape or shape == "matrix"),
    ("Table", lambda shape: "Arrow" in shape),
    ("list", lambda shape: "list" in shape),
    ("Sequence", lambda shape: "list" in shape),
    ("int", lambda shape: shape.replace(".", "").isdigit()),
    ("float", lambda shape: shape.replace(".", "").isdigit()),
)


def _by_name(name: str, place: int, named: Named) -> Sequence[Any]:
    lower = name.lower()
    for field, names in FIELD_NAMES.items():
        if lower in names:
            many = ("wide volumes",) if field == "volume" else ("wide",)
            more = ("bars", "panel", "matrix") if field == "close" and place == 0 else ()
            sparse = (f"list of {field}",) if f"list of {field}" in SHAPES else ()
            return (field, f"array of {field}", *many, *sparse, *more)
    if lower in RETURNS:
        return "returns", "array of returns", "wide", "bars"
    if lower in MOMENTS:
        return AWARE_MOMENT, WALL_CLOCK, DAY
    if lower in INTRADAY:
        return ("intraday panel", "intraday") if _by_symbol(named) else ("intraday", "intraday panel")
    if lower in EVENTS:
        return ("events",)
    if lower in WIDE:
        return ("wide",)
    if lower in PANEL:
        return "panel", "panel by index", "wide", "bars", "Arrow table"
    if name in TARGETS:
        return ("array of returns",)
    if name in LEARNED:
        return "bars", "matrix", "panel", "close", "array of close"
    if lower in NUMBERS:
        return (NUMBERS[lower],)
    if lower in BARS or place == 0:
        frames = ("panel", "panel by index", "bars") if _by_symbol(named) else ("bars", "panel")
        return (*frames, "close", "array of close", "wide", "matrix", "panel by index", "Arrow table", "list of close")
    return 20, "close", "array of close", "AAPL", 0.5


def _by_symbol(named: Named) -> bool:
    """Whether the code tells symbols apart; to name the symbol alone, a frame of one symbol will do."""
    return bool(APART & named.attributes) and (named.says(SYMBOLS) or bool(set(SYMBOLS[:6]) & named.attributes))


def tells_versions(named: Named) -> bool:
    """Whether the code names the moment from which a row could be known, or keeps the last of equal rows."""
    keeps_last = "drop_duplicates" in named.attributes and "last" in named.texts
    return keeps_last or named.says(KNOWN) or bool(set(KNOWN) & named.attributes)
