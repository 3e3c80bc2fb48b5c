"""Commands that make history and ask what it came to: demo, backfill, query."""

import os
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from butter_pipeline.cli.shown import Failed, Json, answer, app, day, say

if TYPE_CHECKING:
    from butter_pipeline.defs.operations.history import Asked, RanAside
    from butter_pipeline.operations.query import Answer
    from butter_pipeline.settings import Settings


@app.command()
def demo(
    seed: Annotated[int | None, typer.Option(help="Another embedded market than the configured one.")] = None,
    placebo: Annotated[bool, typer.Option("--placebo", help="A market in which there is no edge to find.")] = False,
    no_break: Annotated[bool, typer.Option("--no-break", help="A market that never breaks.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Make the sessions again that are there already.")] = False,
    as_json: Json = False,
) -> None:
    """Make the sample history without a UI, say what happened in it, and exit; markets live side by side."""
    from butter_pipeline.operations.sample import sample_span

    asked = {"SEED": seed, "MODE": "placebo" if placebo else None, "BREAK": "false" if no_break else None}
    os.environ.update({f"BUTTER_SIMULATOR_{name}": str(value) for name, value in asked.items() if value is not None})
    report = _made("butter demo", (*sample_span(), "*", again), as_json, story=True)
    if not as_json:
        answer(False, report, lambda: _claims_table(report))


@app.command()
def backfill(
    first: Annotated[date, typer.Option("--from", parser=day, help="First session, such as 2024-01-02.")],
    last: Annotated[date, typer.Option("--to", parser=day, help="Last session.")],
    select: Annotated[str, typer.Option(help="Dagster asset selection, such as key:market/bars+.")] = "*",
    again: Annotated[bool, typer.Option("--again", help="Make the sessions again that are there already.")] = False,
    as_json: Json = False,
) -> None:
    """Make the sessions that are missing in a range; run it again after any failure and it continues."""
    _made("butter backfill", (first, last, select, again), as_json)


def _made(command: str, asked: tuple[date, date, str, bool], as_json: bool, *, story: bool = False) -> dict[str, Any]:
    """Make a stretch of history and answer with what it came to."""
    from butter_pipeline.operations.supervisor import databases_for
    from butter_pipeline.settings import settings

    where = settings()
    with databases_for(where, command):
        from butter_pipeline.definitions import defs
        from butter_pipeline.defs.operations import history

        report = history.make(defs, where, history.Asked(*asked), say, _made_aside).as_json()
        if story:
            report |= _story(where)
    if as_json or report["error"] is None:
        answer(as_json, report, lambda: _history_table(report))
    if report["error"] is not None:
        say.print(f"butter: {report['error']}; what was made is kept: mend the cause, run it again", markup=False)
        raise Failed
    return report


def _made_aside(asked: "Asked", names: Sequence[str]) -> "RanAside":
    """What a second process makes of what nothing waits for."""
    from butter_pipeline.definitions import defs
    from butter_pipeline.defs.operations.history import make_aside

    return make_aside(defs(), asked, names)


def _story(where: "Settings") -> dict[str, Any]:
    from butter_pipeline.market.vendors import vendor_from_settings
    from butter_pipeline.operations import story
    from butter_pipeline.operations.addresses import addresses
    from butter_pipeline.store import Store

    vendor = vendor_from_settings(where).name
    return {"vendor": vendor} | story.told(Store(addresses(where).database_url, where.lake), vendor, where)


@app.command()
def query(
    sql: Annotated[str, typer.Argument(help="One statement; it runs in a read-only transaction.")],
    as_json: Json = False,
) -> None:
    """Ask the database of the running house: tables are described in docs/tables.md."""
    from butter_pipeline.operations.query import ask
    from butter_pipeline.operations.supervisor import databases_for
    from butter_pipeline.settings import settings

    where = settings()
    with databases_for(where, "butter query"):
        found = ask(where, sql)
    answer(as_json, {"rows": [dict(zip(found.columns, row, strict=True)) for row in found.rows]}, lambda: _rows(found))


def _history_table(report: dict[str, Any]) -> Table:
    made = f"made in {report['seconds']} s" if report["runs"] else "all there already"
    title = f"{report['sessions']} sessions, {report['first']} to {report['last']}: {made}"
    columns = ("stage", "assets", "asset sessions", "blocked", "rows", "content hash")
    table = Table(*columns, title=title, title_justify="left")
    for name, stage in report["stages"].items():
        counts = (f"{stage[column]:,}" for column in ("materialized", "blocked", "rows"))
        table.add_row(name, " ".join(a.split("/")[-1] for a in stage["assets"]), *counts, stage["content_hash"][:16])
    return table


def _claims_table(report: dict[str, Any]) -> Table:
    from butter_pipeline.operations.story import claims

    table = Table(title="what it did, and what shows it", title_justify="left", box=None, show_header=False)
    for number, claim in enumerate(claims(report, report["vendor"]), start=1):
        table.add_row(f"{number}.", f"{claim.says}\n[dim]{escape(claim.shown_by)}[/]")
    return table


def _rows(found: "Answer") -> Table:
    table = Table(*found.columns, box=None)
    for row in found.rows:
        table.add_row(*("" if value is None else escape(str(value)) for value in row))
    return table
