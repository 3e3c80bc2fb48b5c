"""The catalogue of features: what `butter features` lists and docs/features.md shows.

What belongs here: telling people, and other programs, what the registry holds. What does not: the registry itself.

`python -m butter_pipeline.features.catalogue > docs/features.md` writes the page.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from butter_pipeline.features.formulas import formulas
from butter_pipeline.features.models.monthly import FIT_SESSIONS, LEAST_RETURNS
from butter_pipeline.features.reasons import REASONS
from butter_pipeline.features.registry import ENTRY_POINTS, Feature, doc_of, families, features, features_of, inputs_of
from butter_pipeline.features.transforms import transforms

HEAD = """# Features

{features} features by {formulas} distinct formulas in {families} families. Settings of one formula count once: other
windows and lags, the same of another series, the mirror image (`features.formulas`).
Generated from the registry by `python -m butter_pipeline.features.catalogue > docs/features.md`; `butter
features` lists the same, `--json` for programs.

A feature is a function of a symbol's last rows, as many as it declares (look-back), and of nothing else. It has
a value after its warm-up at the latest. To add one, decorate a function in a module of
`butter_pipeline/features/families/`: the first line of its docstring is the column's meaning, what follows the
formula, and what follows `Source:` its source. Another package adds families under the entry point group
`{group}`: a name, and a module with `INPUTS` and such functions. What models learn from is named in
`configs/learning.yml`, what drift watches in `configs/drift.yml`.
"""


def described(feature: Feature) -> dict[str, Any]:
    """All that a feature states about itself, as plain values; bounds without an end are null."""
    low, high = feature.bounds or (float("-inf"), float("inf"))
    return {
        "name": feature.name,
        "family": feature.family,
        "meaning": feature.doc,
        "formula": feature.mathematics,
        "source": feature.source,
        "inputs": list(feature.inputs),
        "lookback_rows": feature.lookback_rows,
        "lookback_sessions": feature.lookback_sessions,
        "warmup_rows": feature.warmup_rows,
        "unit": feature.unit,
        "least": low if abs(low) != float("inf") else None,
        "greatest": high if abs(high) != float("inf") else None,
        "version": feature.version,
    }


def listed(family: str | None = None) -> dict[str, Any]:
    """The features of one family, or of all, with how many formulas they are settings of."""
    shown, called = features_of(family) if family else features(), formulas(features())
    return {
        "families": [family] if family else list(families()),
        "features": [described(each) | {"formula_name": called[each.name]} for each in shown],
        "formulas": len({called[each.name] for each in shown}),
        "transforms": [each.name for each in transforms()],
    }


def page() -> str:
    """The page docs/features.md."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    whole = features()
    called = formulas(whole)
    yield HEAD.format(
        features=len(whole), formulas=len(set(called.values())), families=len(families()), group=ENTRY_POINTS
    )
    yield "## Where a value is null"
    yield ""
    yield "The column `nulls` of every family's rows says why, feature by feature (`rsi_14=short_history`):"
    yield ""
    yield "| reason | meaning |"
    yield "|---|---|"
    yield from (f"| `{name}` | {meaning} |" for name, meaning in REASONS.items())
    yield ""
    yield "## What is fitted"
    yield ""
    yield "On the rows before a month, applied within it:"
    yield ""
    yield "| transform | sample, sessions | least rows |"
    yield "|---|---|---|"
    yield from (f"| `{each.name}` | {each.sample_sessions} | {each.least_rows} |" for each in transforms())
    yield f"| GARCH, GJR, EGARCH, HAR, ARIMA, of each symbol | {FIT_SESSIONS} | {LEAST_RETURNS + 1} |"
    for family in families():
        yield from _family(family, features_of(family), called)


def _family(family: str, held: Sequence[Feature], called: Mapping[str, str]) -> Iterator[str]:
    yield ""
    yield f"## {family}"
    yield ""
    yield doc_of(family)
    yield ""
    yield f"Given: {', '.join(inputs_of(family))}."
    yield ""
    yield "| feature | meaning | formula | counts as | source | unit | bounds | look-back | warm-up |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for each in held:
        low, high = each.bounds or (float("-inf"), float("inf"))
        bounds = f"{low:g} to {high:g}" if each.bounds else ""
        said = (each.doc, each.mathematics, called[each.name], each.source)
        cells = (*said, each.unit, bounds, each.lookback_rows, each.warmup_rows)
        yield f"| `{each.name}` | " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    sys.stdout.write(page())
