"""Making vintages: from stored rows to a kept dataset, a fitted model in its file, and its place in the registry.

What belongs here: reading as of the cut-off, keeping what was made, and how each vintage went. What does not: joining,
fitting and judging (`learning`), and when a vintage is due (`defs.learning`).

A vintage that cannot be made is blocked with its reason; nothing is registered and the incumbent stays. Made again, it
is the same to the bit, for every reading is as of the cut-off.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from butter_pipeline.configs import ConfigError
from butter_pipeline.derivation import GOOD, Reader, Run, done, spells
from butter_pipeline.drift import intents
from butter_pipeline.drift.intents import Attempt
from butter_pipeline.errors import ButterError
from butter_pipeline.labels.frames import BUTTERFLY_OUTCOMES
from butter_pipeline.learning.frames import DATASET
from butter_pipeline.learning.plan import Plan
from butter_pipeline.learning.vintages import window
from butter_pipeline.market.sessions import as_of
from butter_pipeline.opportunities.frames import BUTTERFLIES
from butter_pipeline.store import Store, lake, objects, outcomes
from butter_pipeline.store.outcomes import Outcome
from butter_pipeline.store.terms import Reading

if TYPE_CHECKING:
    import pyarrow as pa

    from butter_pipeline.learning.card import Facts
    from butter_pipeline.learning.dataset import Sources
    from butter_pipeline.learning.export import Parity
    from butter_pipeline.learning.success import Fitted
    from butter_pipeline.registry.versions import Version

MATRIX = "features.matrix"
NAME = "success"
SUCCESS = "learning/success"
PLACE = "models/success"
WAITS_FOR = (BUTTERFLIES.asset, "features/matrix", BUTTERFLY_OUTCOMES.asset)
STOOD = (*GOOD, "blocked")
"""How a session beneath may have ended: one that is blocked simply teaches nothing."""


@dataclass(frozen=True)
class Making:
    """What making vintages needs: where things are, who makes them, how, where history begins, and what asked for it.

    `attempt` is the run's answer to a retraining intent, if it answers one: claimed before the first step, settled in
    the transaction that registers the model.
    """

    store: Store
    run: Run
    plan: Plan
    first_session: date
    attempt: Attempt | None = None

    def span(self, cutoff: date) -> tuple[date, date]:
        """The sessions in which a vintage's labels matured."""
        return window(cutoff, self.first_session, self.plan.vintages)


class NoDataset(ButterError):
    """The dataset of a vintage cannot be fitted on."""


@dataclass(frozen=True)
class Made:
    """How a vintage's model went; there is no model where it was blocked."""

    outcome: Outcome
    fitted: "Fitted | None" = None


@dataclass(frozen=True)
class Kept:
    """A fitted model, how ONNX compares with it, and where the ONNX file lies if there is one."""

    fitted: "Fitted"
    parity: "Parity | None"
    onnx_uri: str | None


def keep_datasets(making: Making, cutoffs: Sequence[date]) -> Iterator[Outcome]:
    """Make the datasets of vintages, in order, and tell how each went as soon as that is stored."""
    from butter_pipeline.learning.dataset import joined

    if making.attempt is not None:
        intents.claim(making.store, making.attempt, making.run.recorded_at)
    waiting = {cutoff: reason for cutoff in cutoffs if (reason := _not_there(making, cutoff))}
    for cutoff, reason in waiting.items():
        yield _told(making, replace(done(DATASET.asset, cutoff, making.run), status="blocked", reason=reason))
    ready = [cutoff for cutoff in cutoffs if cutoff not in waiting]
    reads = (BUTTERFLIES, MATRIX, BUTTERFLY_OUTCOMES)
    for spell in spells(making.store, reads, making.run.vendor, ready):
        sources = _sources(making, spell)
        for cutoff in spell:
            found = joined(sources, making.span(cutoff))
            content = lake.Content(cutoff, found.table, as_of(cutoff))
            (kept,) = lake.write(making.store, DATASET.table, [content], making.run)
            remark = f"{found.unlabelled} that matured have no label" if found.unlabelled else None
            told = replace(done(DATASET.asset, cutoff, making.run), rows=kept.rows, hash=kept.hash, reason=remark)
            yield _told(making, told)


def _not_there(making: Making, cutoff: date) -> str | None:
    """What the vintage must still wait for, in one line."""
    for asset in WAITS_FOR:
        found = outcomes.latest(making.store, asset, making.run.vendor, cutoff, cutoff)
        if not found or found[0].status not in STOOD:
            said = f"is {found[0].status}: {found[0].reason}" if found else "has not been made"
            return f"{asset} {said}"
    return None


def _sources(making: Making, cutoffs: Sequence[date]) -> "Sources":
    """What the datasets of some vintages are joined from, read once: nothing was corrected in between."""
    import pyarrow.compute as pc

    from butter_pipeline.learning.dataset import Sources

    reader = Reader(making.store, making.run.vendor)
    moment, last = as_of(cutoffs[-1]), cutoffs[-1]
    labels = reader.read(BUTTERFLY_OUTCOMES, (making.span(cutoffs[0])[0], last), moment)
    opened = pc.min(labels["opened_session"]).as_py() or last
    matrix = reader.read(MATRIX, (opened, last), moment, ["session", "symbol", *_known(making.plan.features)])
    return Sources(reader.read(BUTTERFLIES, (opened, last), moment), matrix, labels)


def _known(names: Sequence[str]) -> Sequence[str]:
    """The features that a plan names, each of which must be one."""
    there = feature_versions()
    for name in names:
        if name not in there:
            raise ConfigError(f"learning.yml: features: {name} is no feature; `butter features` lists what there is")
    return names


def fit_models(making: Making, cutoffs: Sequence[date]) -> Iterator[Made]:
    """Fit, judge, keep and register the models of vintages, in order, and tell how each went."""
    from butter_pipeline.learning.success import OneClass, TooFewLabels
    from butter_pipeline.registry.versions import register

    for cutoff in cutoffs:
        begun = done(SUCCESS, cutoff, making.run)
        try:
            fitted, version = _fitted(making, cutoff)
        except (TooFewLabels, OneClass, NoDataset) as refusal:
            if making.attempt is not None:
                intents.close(making.store, making.attempt, str(refusal), making.run.recorded_at)
            yield Made(_told(making, replace(begun, status="blocked", reason=str(refusal))))
            continue
        gate = fitted.verdict.gate
        remark = None if gate.passed else f"gate not passed: {'; '.join(gate.reasons)}"
        told = replace(begun, rows=fitted.rows, hash=version.content_hash, reason=remark)
        with making.store.engine.begin() as connection:
            register(connection, version, making.run)
            outcomes.enter(connection, [told])
            if making.attempt is not None:
                said = f"registered {version.model_id}"
                intents.finish(connection, making.attempt, said, making.run.recorded_at)
        yield Made(told, fitted)


def _fitted(making: Making, cutoff: date) -> tuple["Fitted", "Version"]:
    """Fit on the vintage's dataset, and keep the files; nothing refers to them yet."""
    from butter_pipeline.learning import export
    from butter_pipeline.learning.success import fit

    data_hash, table = _dataset(making, cutoff)
    fitted = fit(table, making.plan)
    onnx = export.to_onnx(fitted.model)
    parity = export.parity(fitted.model, onnx, fitted.later.features, fitted.later.market_logit) if onnx else None
    onnx_uri = objects.keep(making.store, PLACE, onnx, "onnx").uri if onnx and parity and parity.passed else None
    return fitted, _version(making, _facts(making, cutoff, data_hash), Kept(fitted, parity, onnx_uri))


def _dataset(making: Making, cutoff: date) -> tuple[str, "pa.Table"]:
    """The dataset that stands for a vintage, and its hash."""
    found = outcomes.latest(making.store, DATASET.asset, making.run.vendor, cutoff, cutoff)
    if not found or found[0].status not in GOOD:
        said = f"is {found[0].status}: {found[0].reason}" if found else "has not been made"
        raise NoDataset(f"{DATASET.asset} {said}")
    asked = Reading.of_session(cutoff, vendor=making.run.vendor, as_of=making.run.received_at)
    (manifest,) = lake.manifests(making.store, DATASET.table, asked)
    return manifest.hash, lake.read(making.store, DATASET.table, asked)


def _facts(making: Making, cutoff: date, data_hash: str) -> "Facts":
    from butter_pipeline.learning.card import Facts

    return Facts(
        name=NAME,
        vendor=making.run.vendor,
        vintage=cutoff,
        span=making.span(cutoff),
        data_hash=data_hash,
        feature_versions=feature_versions(),
        code_version=making.run.code_version,
        config_hash=making.run.config_hash,
    )


@lru_cache
def feature_versions() -> Mapping[str, str]:
    """The version of every feature of the matrix."""
    from butter_pipeline.features.registry import features

    return {feature.name: feature.version for feature in features()}


def _version(making: Making, facts: "Facts", kept: Kept) -> "Version":
    """The registry's row of a model, its file kept."""
    from butter_pipeline.learning import card, model, model_file
    from butter_pipeline.registry.versions import Version

    fitted = kept.fitted
    file = objects.keep(making.store, PLACE, model_file.dumps(fitted.model), model_file.SUFFIX)
    metrics = fitted.verdict.model
    return Version(
        vendor=facts.vendor,
        name=facts.name,
        version=facts.vintage.isoformat(),
        content_hash=fitted.model.content_hash,
        kind=model.KIND,
        library=model.LIBRARY,
        vintage_session=facts.vintage,
        training_first_session=facts.span[0],
        training_last_session=facts.span[1],
        training_rows=fitted.rows,
        training_data_hash=facts.data_hash,
        features_json=card.as_json(card.features_of(facts, fitted)),
        params_json=card.as_json(dict(fitted.parameters)),
        metrics_json=card.as_json(card.metrics_of(fitted)),
        **{name: metrics[name] for name in ("accuracy", "precision", "recall", "f1", "auc")},
        uri=file.uri,
        file_hash=file.hash,
        onnx_uri=kept.onnx_uri,
        card_json=card.as_json(card.card(facts, fitted, kept.parity)),
    )


def _told(making: Making, outcome: Outcome) -> Outcome:
    outcomes.record(making.store, [outcome])
    return outcome
