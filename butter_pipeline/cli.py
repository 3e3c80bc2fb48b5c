"""`butter`: the command line.

What belongs here: commands, their options, and how their answers and errors are shown. What does not: what
they do (`operations`). Dagster is imported only inside the commands that need it, so the others answer at once.
"""

import json
import logging
import os
import sys
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from butter_pipeline.errors import ButterError

if TYPE_CHECKING:
    from butter_pipeline.operations.query import Answer
    from butter_pipeline.settings import Settings

app = typer.Typer(
    help="Market data, features, labels, models, drift and decisions in one Dagster lineage.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
say = Console(stderr=True, highlight=False, soft_wrap=True)

Json = Annotated[bool, typer.Option("--json", help="Answer with one JSON object on standard output.")]


INTERRUPTED = 130
"""What typer gives for an interrupt."""


class _Failed(ButterError):
    """The answer says what failed; nothing more to print."""


def _answer(as_json: bool, value: dict[str, Any], text: Callable[[], Any]) -> None:
    if as_json:
        sys.stdout.write(json.dumps(value, default=str) + "\n")
    else:
        Console(highlight=False, soft_wrap=True).print(text())


def _day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise typer.BadParameter(f"{value!r} is no date; write it as 2024-03-05") from None


@app.command()
def up(
    only_databases: Annotated[
        bool, typer.Option("--only-databases", help="Keep just the databases running, for `dg dev`.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Start everything and serve the UI until Ctrl-C: databases, sample history, web server, daemon."""
    from butter_pipeline.operations import sample, supervisor
    from butter_pipeline.settings import settings

    where = settings()

    def show(text: str) -> None:
        if as_json:
            sys.stdout.write(json.dumps({"said": text}) + "\n")
            sys.stdout.flush()
        else:
            say.print(text)

    if only_databases:
        supervisor.hold_databases(where, show)
    else:
        supervisor.up(where, show, lambda: sample.make_sample_if_missing(where, show))


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
        _answer(False, report, lambda: _claims_table(report))


@app.command()
def backfill(
    first: Annotated[date, typer.Option("--from", parser=_day, help="First session, such as 2024-01-02.")],
    last: Annotated[date, typer.Option("--to", parser=_day, help="Last session.")],
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

        report = history.make(defs, where, history.Asked(*asked), say).as_json()
        if story:
            report |= _story(where)
    if as_json or report["error"] is None:
        _answer(as_json, report, lambda: _history_table(report))
    if report["error"] is not None:
        say.print(f"butter: {report['error']}; what was made is kept: mend the cause, run it again", markup=False)
        raise _Failed
    return report


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
    _answer(as_json, {"rows": [dict(zip(found.columns, row, strict=True)) for row in found.rows]}, lambda: _rows(found))


@app.command()
def down(as_json: Json = False) -> None:
    """Stop the `butter up` that owns this home."""
    from butter_pipeline.operations.supervisor import stop_owner
    from butter_pipeline.settings import settings

    stopped = stop_owner(settings())
    text = f"stopped `{stopped.command}` (pid {stopped.pid})" if stopped else "nothing was running"
    _answer(as_json, {"stopped": stopped.pid if stopped else None}, lambda: text)


@app.command()
def status(as_json: Json = False) -> None:
    """What runs, what is stored, and which sessions want attention."""
    from butter_pipeline.operations.status import status as look
    from butter_pipeline.settings import settings

    found = look(settings())
    _answer(as_json, found, lambda: _pairs_table(found))


@app.command()
def doctor(as_json: Json = False) -> None:
    """Check every precondition; each failure comes with its remedy."""
    from butter_pipeline.operations.doctor import examine

    findings = examine()
    value = {"ok": all(finding.ok for finding in findings), "findings": [vars(finding) for finding in findings]}

    def table() -> Table:
        shown = Table("", "what", "found", "remedy", box=None)
        for finding in findings:
            shown.add_row("ok" if finding.ok else "[red]no[/]", finding.what, finding.found, finding.remedy)
        return shown

    _answer(as_json, value, table)
    if not value["ok"]:
        raise _Failed


@app.command()
def env(as_json: Json = False) -> None:
    """Print the variables with which `dg dev`, `dagster-webserver` and `dbt` work: eval "$(butter env)"."""
    import shlex

    from butter_pipeline.operations.addresses import environment_of_tools, variables
    from butter_pipeline.settings import settings

    found = variables(settings()) | environment_of_tools()
    if as_json:
        _answer(True, found, str)
    else:
        sys.stdout.writelines(f"export {name}={shlex.quote(value)}\n" for name, value in found.items())


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


def _pairs_table(found: dict[str, Any]) -> Table:
    table = Table(box=None, show_header=False)
    for name, value in found.items():
        text = "\n".join(map(str, value)) if isinstance(value, list) else str(value or "")
        table.add_row(name.replace("_", " "), text or "none", style=None)
    return table


def main() -> None:
    """Run a command; what has a remedy is one line and exit 2, an interruption exits 130."""
    # Libraries that retry a lost database say so line by line; what comes of it is said once, at the end.
    logging.getLogger().addHandler(logging.NullHandler())
    try:
        if app(standalone_mode=False) == INTERRUPTED:
            say.print("stopped; what was started is down, and what was made is kept")
            sys.exit(0 if sys.argv[1:2] == ["up"] else INTERRUPTED)
    except _Failed:
        sys.exit(2)
    except ButterError as error:
        _refuse(str(error))
    except typer.Exit as done:
        sys.exit(done.exit_code)
    except typer.TyperException as error:
        _refuse(" ".join(getattr(error, "format_message", error.__str__)().split()))
    except Exception as error:
        if not (broken := _broken_underneath(error)):
            raise
        _refuse(broken)


def _broken_underneath(error: BaseException) -> str:
    """One line for a disk or a database that failed while in use; empty for an error of ours."""
    cause: BaseException | None = error
    said = ""
    while cause is not None:
        if isinstance(cause, OSError) or type(cause).__module__.split(".")[0] in (
            "psycopg",
            "psycopg2",
            "adbc_driver_manager",
        ):
            said = next(iter(str(cause).strip().splitlines()), type(cause).__name__)
        cause = cause.__cause__ or cause.__context__
    return (
        f"the disk or the database failed: {said}; mend that and run the same command again, it continues"
        if said
        else ""
    )


def _refuse(line: str) -> None:
    if "--json" in sys.argv:
        sys.stdout.write(json.dumps({"error": line}) + "\n")
    say.print(f"butter: {line}", markup=False)
    sys.exit(2)


if __name__ == "__main__":
    main()
