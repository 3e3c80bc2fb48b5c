"""Commands about the quality of data: judging files before they are let in, trying the rules, releasing a session."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from butter_pipeline.cli.shown import Failed, Json, answer, app, day, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from butter_pipeline.market.inspection.folder import Dataset

SHOWN = 20
PROBLEMS = 1
"""Exit code of files that were read and hold something that a person should look at."""


@app.command()
def quality(
    folder: Annotated[Path | None, typer.Argument(help="A folder of your own files: bars, chains, context.")] = None,
    against: Annotated[Path | None, typer.Option(help="Another folder of the same rows, to compare with.")] = None,
    self_test: Annotated[
        bool,
        typer.Option("--self-test", help="Plant every known corruption and judge clean years; files count as clean."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Judge files before they are let in, or try the rules themselves; nothing is kept."""
    if self_test:
        _try_rules(folder, as_json)
    elif folder is None:
        raise typer.BadParameter("name a folder to judge, or --self-test")
    else:
        _judge_folder(folder, against, as_json)


@app.command()
def release(
    session: Annotated[date, typer.Argument(parser=day, help="The blocked session, such as 2024-01-02.")],
    asset: Annotated[str, typer.Option(help="The asset that is blocked, such as market/chains.")],
    why: Annotated[str, typer.Option(help="Why the session may be used in spite of what blocks it.")],
    who: Annotated[str | None, typer.Option(help="Who says so; you, if left out.")] = None,
    as_json: Json = False,
) -> None:
    """Release a blocked session; who and why are kept, and `butter backfill` makes what waited behind it."""
    import getpass

    from butter_pipeline.market.vendors import vendor_from_settings
    from butter_pipeline.operations.release import Decision
    from butter_pipeline.operations.release import release as let_pass
    from butter_pipeline.operations.supervisor import databases_for
    from butter_pipeline.settings import settings
    from butter_pipeline.store import Store

    where = settings()
    decision = Decision(asset, session, who if who is not None else getpass.getuser(), why)
    with databases_for(where, "butter release") as found:
        store = Store(found.database_url, where.lake)
        made = let_pass(store, vendor_from_settings(where).name, decision, datetime.now(UTC))
    answer(as_json, vars(made), lambda: f"{made.session} {made.asset}: {made.reason}")


def _judge_folder(folder: Path, against: Path | None, as_json: bool) -> None:
    from butter_pipeline.market.inspection.folder import Judge, as_vendor, files_of

    place = folder.expanduser().resolve()
    other = as_vendor(files_of(against.expanduser().resolve())) if against is not None else None
    found = Judge(files_of(place), datetime.now(UTC), other).everything(say.print)
    problems = sum(each.problems for each in found)
    verdict = (
        "clean: these files can be let in" if not problems else f"{problems} problems: see above, mend, run it again"
    )
    value = {"folder": str(place), "ok": not problems, "problems": problems, "verdict": verdict}
    answer(as_json, value | {"datasets": [_as_json(each) for each in found]}, lambda: _findings(found))
    if not as_json:
        answer(False, value, lambda: f"[bold]{verdict}[/]")
    if any(each.error for each in found):
        raise Failed
    if problems:
        raise typer.Exit(PROBLEMS)


def _as_json(found: "Dataset") -> dict[str, Any]:
    told = {name: value for name, value in vars(found).items() if name != "ends"}
    return told | {"problems": found.problems, "flags": dict(found.flags)}


def _findings(found: "list[Dataset]") -> str:
    return "\n".join(line for each in found for line in _lines(each))


def _lines(found: "Dataset") -> "Iterator[str]":
    span = f", {found.first} to {found.last}" if found.first else ""
    aside = f", {found.set_aside} of exchange holidays set aside" if found.set_aside else ""
    yield f"[bold]{found.name}[/]: {found.accepted:,} of {found.rows:,} rows accepted{span}{aside}"
    if found.error:
        yield f"  [red]cannot be read[/] {escape(found.error)}"
    quarantined = [escape(_bad_row(row)) for row in found.quarantined]
    by_status: dict[str, list[str]] = {"blocked": [], "ending": [], "done": []}
    for each in found.sessions:
        by_status[each["status"]].append(escape(f"{each['session']}: {each['reason']}"))
    apart = [escape(line) for line in found.apart]
    endings = [f"{line}; intake blocks it until it is released" for line in by_status["ending"]]
    told = {"quarantine": quarantined, "blocked": by_status["blocked"], "apart": apart}
    told |= {"ending": endings, "remark": by_status["done"]}
    for what, lines in told.items():
        mark = what if what in ("ending", "remark") else f"[red]{what}[/]"
        yield from (f"  {mark} {line}" for line in lines[:SHOWN])
        if len(lines) > SHOWN:
            yield f"  {mark} and {len(lines) - SHOWN} more: --json names them all"


def _bad_row(row: dict[str, Any]) -> str:
    """Where a row stands and what is wrong with it, each said once."""
    column = f", column {row['column']}" if row["column"] else ""
    told = str(row["detail"]).removeprefix(f"{row['file']}: row {row['row']}: ")
    return f"{row['file']}: row {row['row']}{column}: {row['reason']}: {told}"


def _try_rules(folder: Path | None, as_json: bool) -> None:
    from butter_pipeline.market.inspection.self_test import add_files
    from butter_pipeline.market.inspection.self_test import self_test as run

    report = run(say.print)
    if folder is not None:
        add_files(report, folder.expanduser().resolve(), say.print)
    value = report.as_json()
    answer(as_json, value, lambda: _trial(value))
    if not as_json:
        caught = "{caught} of {corruptions} corruptions caught, "
        line = caught + "{false_alarms} false alarms in {clean_sessions} clean sessions"
        answer(False, value, lambda: line.format(**value))
    if not value["ok"]:
        raise Failed


def _trial(value: dict[str, Any]) -> Table:
    table = Table("", "corruption", "of", "expected", "said", box=None)
    for each in value["tried"]:
        mark = "ok" if each["caught"] else "[red]no[/]"
        table.add_row(mark, each["name"], each["frame"], escape(each["expected"]), escape(each["said"][:120]))
    for alarm in value["alarms"][:SHOWN]:
        table.add_row("[red]no[/]", "false alarm", "", "", escape(alarm))
    return table
