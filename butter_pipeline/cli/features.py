"""Commands about features: features."""

from typing import Annotated

import typer
from rich.table import Table

from butter_pipeline.cli.shown import Json, answer, app


@app.command()
def features(
    family: Annotated[str | None, typer.Option("--family", help="Only those of one family.")] = None,
    as_json: Json = False,
) -> None:
    """List the features that the registry holds: meaning, formula, source, look-back, unit, bounds, version."""
    from butter_pipeline.features.catalogue import listed

    found = listed(family)

    def table() -> Table:
        title = f"{len(found['features'])} features by {found['formulas']} formulas"
        shown = Table("feature", "family", "meaning", "unit", "rows", "version", box=None, title=title)
        for each in found["features"]:
            rows = str(each["lookback_rows"])
            shown.add_row(each["name"], each["family"], each["meaning"], each["unit"], rows, each["version"])
        return shown

    answer(as_json, found, table)
