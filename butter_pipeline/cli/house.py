"""Commands about the house: up, down, status, doctor, env."""

import json
import sys
from typing import Annotated

import typer
from rich.table import Table

from butter_pipeline.cli.shown import Failed, Json, answer, app, say


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
def down(as_json: Json = False) -> None:
    """Stop the `butter up` that owns this home."""
    from butter_pipeline.operations.supervisor import stop_owner
    from butter_pipeline.settings import settings

    stopped = stop_owner(settings())
    text = f"stopped `{stopped.command}` (pid {stopped.pid})" if stopped else "nothing was running"
    answer(as_json, {"stopped": stopped.pid if stopped else None}, lambda: text)


@app.command()
def status(as_json: Json = False) -> None:
    """What runs, what is stored, and which sessions want attention."""
    from butter_pipeline.operations.status import status as look
    from butter_pipeline.settings import settings

    found = look(settings())
    answer(as_json, found, lambda: _pairs_table(found))


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

    answer(as_json, value, table)
    if not value["ok"]:
        raise Failed


@app.command()
def env(as_json: Json = False) -> None:
    """Print the variables with which `dg dev`, `dagster-webserver` and `dbt` work: eval "$(butter env)"."""
    import shlex

    from butter_pipeline.operations.addresses import environment_of_tools, variables
    from butter_pipeline.settings import settings

    found = variables(settings()) | environment_of_tools()
    if as_json:
        answer(True, found, str)
    else:
        sys.stdout.writelines(f"export {name}={shlex.quote(value)}\n" for name, value in found.items())


def _pairs_table(found: dict[str, object]) -> Table:
    table = Table(box=None, show_header=False)
    for name, value in found.items():
        text = "\n".join(map(str, value)) if isinstance(value, list) else str(value or "")
        table.add_row(name.replace("_", " "), text or "none", style=None)
    return table
