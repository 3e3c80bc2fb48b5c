"""The command that proves that no feature sees the future: prove."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from butter_pipeline.cli.shown import Failed, Json, answer, app, say

SECONDS = 5.0


@app.command()
def prove(
    module: Annotated[
        Path | None, typer.Option("--module", help="Judge the functions of this Python file instead; docs/proof.md.")
    ] = None,
    seconds: Annotated[
        float, typer.Option(min=0.0, help="With --module: processor seconds for each function beyond its first cuts.")
    ] = SECONDS,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; results do not depend on it.")] = None,
    as_json: Json = False,
) -> None:
    """Prove that no feature sees the future, and that planted leaks are caught; exit 2 if that does not hold."""
    from butter_pipeline.features.proof.whole import prove_everything, prove_file

    def show(line: str) -> None:
        if not as_json:
            say.print(line, markup=False)

    if module is not None:
        report = prove_file(module, seconds, show, workers)
        answer(as_json, report, lambda: _functions(report))
    else:
        report = prove_everything(show, workers)
        answer(as_json, report, lambda: _counts(report))
    if not report["holds"]:
        raise Failed


def _counts(report: dict[str, Any]) -> Table:
    table = Table(box=None, show_header=False)
    for name, value in report.items():
        if name != "details":
            table.add_row(name, str(value))
    for name in ("mismatches", "escaped", "accused"):
        for each in report["details"][name]:
            table.add_row(f"[red]{name}[/]", escape(each))
    return table


def _functions(report: dict[str, Any]) -> Table:
    table = Table("function", "verdict", "kind", "what showed it", box=None)
    for each in report["functions"]:
        kinds = "; ".join(each["kinds"]) or each["form"]
        table.add_row(escape(each["name"]), each["outcome"], escape(kinds), escape(each["said"] or ""))
    return table
