"""What a stretch of history came to, stage by stage.

What belongs here: counting and hashing what is stored for a selection. What does not: making it (`history`), and the
story of a demo (`operations.story`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import dagster as dg

from butter_pipeline.identity import combined_hash

if TYPE_CHECKING:
    from dagster._core.definitions.assets.graph.asset_graph import AssetGraph

    from butter_pipeline.store import Store
    from butter_pipeline.store.outcomes import Outcome


@dataclass
class StageReport:
    """What a stage holds over the sessions of a report."""

    assets: list[str] = field(default_factory=list)
    materialized: int = 0
    blocked: int = 0
    rows: int = 0
    content_hash: str = ""


@dataclass
class Report:
    """How a backfill went."""

    first: str
    last: str
    sessions: int = 0
    symbols: int = 0
    runs: list[dict[str, object]] = field(default_factory=list)
    stages: dict[str, StageReport] = field(default_factory=dict)
    content_hash: str = ""
    seconds: float = 0.0
    error: str | None = None

    def as_json(self) -> dict[str, object]:
        """The report as plain values."""
        return asdict(self)


@dataclass(frozen=True)
class Made:
    """What one asset holds: its name, those it stands on, and its outcomes by session."""

    asset: str
    parents: Sequence[str]
    outcomes: Sequence["Outcome"]


def stored(
    store: "Store", graph: "AssetGraph", keys: Sequence[dg.AssetKey], vendor: str, span: tuple[date, date]
) -> list[Made]:
    """What the assets hold in a span of sessions, in the order of the graph."""
    from butter_pipeline.store import outcomes

    names = {key: key.to_user_string() for key in graph.toposorted_asset_keys}
    return [
        Made(
            names[key],
            sorted(names[parent] for parent in graph.get(key).parent_keys),
            outcomes.latest(store, names[key], vendor, *span),
        )
        for key in graph.toposorted_asset_keys
        if key in keys
    ]


def summed(made: Sequence[Made]) -> Mapping[str, StageReport]:
    """The stages with their counts and hashes.

    An asset's hash covers what it holds and the hashes of what it stands on, so a single value that differs changes
    the hash of its own stage and of everything behind it.
    """
    chained: dict[str, str] = {}
    stages: dict[str, StageReport] = {}
    for each in made:
        own = [f"{o.session} {o.status} {o.rows} {o.hash}" for o in each.outcomes]
        chained[each.asset] = combined_hash([each.asset, *own, *(chained.get(parent, "") for parent in each.parents)])
        stage = stages.setdefault(each.asset.split("/")[0], StageReport())
        stage.assets.append(each.asset)
        stage.materialized += len(each.outcomes)
        stage.blocked += sum(o.status in ("blocked", "failed") for o in each.outcomes)
        stage.rows += sum(o.rows or 0 for o in each.outcomes)
        stage.content_hash = combined_hash([stage.content_hash, chained[each.asset]])
    return stages


def fill(report: Report, made: Sequence[Made]) -> None:
    """Fill in what is stored now."""
    report.stages = dict(summed(made))
    report.sessions = len({o.session for each in made for o in each.outcomes})
    report.symbols = _symbols(made)
    report.content_hash = combined_hash(stage.content_hash for stage in report.stages.values())


def _symbols(made: Sequence[Made]) -> int:
    """How many symbols the latest good session of the bars has: a row each."""
    bars = [o for each in made if each.asset == "market/bars" for o in each.outcomes if o.status == "done"]
    return (bars[-1].rows or 0) if bars else 0
