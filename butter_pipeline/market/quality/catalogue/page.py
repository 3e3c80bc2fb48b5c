"""docs/quality.md, generated: `python -m butter_pipeline.market.quality.catalogue > docs/quality.md`.

What belongs here: laying out what the reasons and the catalogue say. What does not: any meaning of its own; a test
compares the page with what is printed here.
"""

from collections.abc import Iterable, Iterator

from butter_pipeline.market.quality.catalogue import FILES, TABLES, TRUE_THOUGH_VIOLENT
from butter_pipeline.market.quality.reasons import REASONS

HEAD = """\
# Quality

Generated from `butter_pipeline/market/quality` by
`python -m butter_pipeline.market.quality.catalogue > docs/quality.md`. Thresholds, each with its reason, are the
`quality` section of `configs/market.yml`.

Every row of a session is judged by itself and by what came before it, never by what follows, so that it is judged
alike on its own evening and in a backfill years later. A bad row goes into `market.quarantine` with its reason, the
good ones go on, and what is odd but true is flagged and kept. A session with less than 95 % of what is expected is
blocked, with everything that would stand on it.

**How a large move is told from a bad print.** A move is measured by the symbol's own robust deviation over the ninety
days before it, from the last close in the session's own shares and contract: announced splits and rolls are no moves.
Beyond eight of those it is pointed at, beyond twelve it needs an excuse: a ratio that a split would have, on ordinary
turnover; a market of which four fifths moved the same way; twice the usual volume, or one and a half times where the
bar's range holds the last close and goes beyond its own; the same level shown by the session before; or, where there is
no volume, a bar that traded its way there. A move that has none is a bad print. Days of violent moves and wide spreads
are flagged as such, and go on.
"""

COMMANDS = (
    (
        "butter quality FOLDER",
        (
            "judges your own files before they are let in: rows with file, row, column and reason; exit 0 if clean, 1 "
            "if something wants a look, 2 if a file cannot be read; nothing is kept"
        ),
    ),
    ("butter quality FOLDER --against OTHER", "names, besides, what two sources say more than 5 % apart"),
    (
        "butter quality --self-test",
        (
            "plants every corruption below into a simulated market, and judges five clean years of others; with a "
            "FOLDER its files count as clean too; exit 2 on a miss or a false alarm"
        ),
    ),
    (
        'butter release 2024-03-05 --asset market/chains --why "..."',
        (
            "releases a blocked session: who and why are kept beside what blocked it, `butter status` shows it, and "
            "`butter backfill` makes what waited"
        ),
    ),
    (
        "BUTTER_SECOND_VENDOR=csv BUTTER_SECOND_CSV_FOLDER=...",
        (
            "compares every session taken in with a second vendor's rows: what they say more than 5 % apart is named, "
            "and blocks where fewer than 95 % agree"
        ),
    ),
)


def page() -> str:
    """The whole page."""
    return "\n".join(_blocks()).rstrip() + "\n"


def _blocks() -> Iterator[str]:
    yield HEAD
    yield _grid(("command or setting", "what it does"), ((f"`{what}`", does) for what, does in COMMANDS)) + "\n"
    yield "## Reasons\n"
    yield _grid(
        ("reason", "rows of", "what becomes of it", "meaning"),
        ((f"`{each.name}`", each.frames, each.outcome, each.meaning) for each in REASONS),
    )
    yield "\n## Catalogue of corruptions\n\nEach is planted into clean rows, and must be caught under its name.\n"
    planted = ((each.name, each.frame, each.where, f"`{each.caught_as}`") for each in TABLES)
    yield _grid(
        ("corruption", "rows of", "must be", "as"), [*planted, ("two vendors apart", "bars", "named", "`apart`")]
    )
    yield "\n### Of files\n\nRefused, or the row set aside, in a line that names file, row and column.\n"
    yield _grid(
        ("corruption", "file", "the line says"),
        ((e.name, e.file, f"`{e.caught_as}`" if e.caught_as else "") for e in FILES),
    )
    yield "\n### True, though violent\n\nNothing may be rejected or blocked.\n"
    yield _grid(
        ("day", "rows of", "named"),
        ((e.name, e.frame, f"`{e.caught_as}`" if e.caught_as else "") for e in TRUE_THOUGH_VIOLENT),
    )


def _grid(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
