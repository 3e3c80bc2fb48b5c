"""Ledgers: what was searched and registered, and the retraining that was asked for.

What belongs here: tables that are only ever appended to, with keys that make a repeated write harmless.
What does not: rows that belong to one session each (`derived`), and raw rows (`raw`).
"""

from sqlalchemy import CheckConstraint, ForeignKey, Index, PrimaryKeyConstraint, Table, UniqueConstraint

from butter_pipeline.store.schema import base
from butter_pipeline.store.schema.base import COUNT, DATE, FLOAT, METADATA, TEXT, TIME, at_least, column, one_of, share

STATES = ("training", "shadow", "ab_test", "production", "retired")

TRIALS = Table(
    "trials",
    METADATA,
    column("trial_id", TEXT, "sha256 of study and trial number", primary_key=True),
    column("study", TEXT, "the search the trial belongs to"),
    column("trial_number", COUNT, "position in the study, from 0; also seeds the trial", at_least("trial_number", 0)),
    column("model_kind", TEXT, "what the model is for: success, expected_return, risk, volatility, ..."),
    column("params_json", TEXT, "the parameters that were tried, as JSON"),
    column("value", FLOAT, "the metric reached; null when pruned or failed", nullable=True),
    column("metric", TEXT, "name of the metric that the study optimises"),
    column("state", TEXT, "complete, pruned or failed"),
    column("seed", COUNT, "seed of everything random in the trial"),
    column("first_session", DATE, "first session of the data window"),
    column("last_session", DATE, "last session of the data window"),
    column("started_at", TIME, "when the trial began, our clock (UTC)"),
    column("finished_at", TIME, "when the trial ended, our clock (UTC)"),
    *base.provenance(),
    UniqueConstraint("study", "trial_number"),
    one_of("state", "complete", "pruned", "failed"),
    CheckConstraint("first_session <= last_session", name="window"),
    schema="learning",
    comment="Every trial of every search for parameters, those that came to nothing included.",
    info={"owner": "learning"},
)

MODELS = Table(
    "models",
    METADATA,
    column("model_id", TEXT, "sha256 of vendor, name, vintage and the hash of what was fitted", primary_key=True),
    base.vendor("whose market it was fitted on"),
    column("name", TEXT, "the model's name; its versions share it"),
    column("version", TEXT, "version under that name"),
    column("content_hash", TEXT, "hash of what was fitted (trees, means), whatever file it stands in"),
    column("kind", TEXT, "what the model is for: success, expected_return, risk, volatility, ..."),
    column("library", TEXT, "library and estimator, such as lightgbm or xgboost"),
    column("vintage_session", DATE, "training cut-off: nothing later was seen"),
    column("training_first_session", DATE, "first session of the training rows"),
    column("training_last_session", DATE, "last session of the training rows"),
    column("training_rows", COUNT, "number of training rows", at_least("training_rows", 0)),
    column("training_data_hash", TEXT, "combined content hash of the training rows"),
    column("features_json", TEXT, "names and versions of the features, in order, as JSON"),
    column("params_json", TEXT, "hyperparameters, as JSON"),
    column("metrics_json", TEXT, "every metric on data the model did not see, with intervals, as JSON"),
    column("accuracy", FLOAT, "share of right calls on unseen data", share("accuracy"), nullable=True),
    column("precision", FLOAT, "share of positive calls that were right", share("precision"), nullable=True),
    column("recall", FLOAT, "share of positives that were called", share("recall"), nullable=True),
    column("f1", FLOAT, "harmonic mean of precision and recall", share("f1"), nullable=True),
    column("auc", FLOAT, "area under the ROC curve", share("auc"), nullable=True),
    column("uri", TEXT, "the model file, relative to the lake's root"),
    column("file_hash", TEXT, "sha256 of that file's bytes, checked before it is loaded"),
    column("onnx_uri", TEXT, "the same model as ONNX; null when it did not pass the parity gate", nullable=True),
    column("card_json", TEXT, "the model card: window, features, metrics with intervals, gate, importances, as JSON"),
    *base.provenance(),
    UniqueConstraint("vendor", "name", "version", "content_hash"),
    CheckConstraint(
        "training_first_session <= training_last_session and training_last_session <= vintage_session", name="window"
    ),
    schema="registry",
    comment="Every fitted model, named by its content, with what it was fitted on and how well it did.",
    info={"owner": "registry"},
)

EVENTS = Table(
    "events",
    METADATA,
    column("event_id", TEXT, "sha256 of model, states, effective session and actor", primary_key=True),
    column("model_id", TEXT, "the model that moved", ForeignKey(MODELS.c.model_id)),
    column("from_state", TEXT, "state before; null for a model's first event", nullable=True),
    column("to_state", TEXT, "state after: training, shadow, ab_test, production or retired"),
    column("effective_session", DATE, "first session for which the new state counts"),
    column("actor", TEXT, "who or what moved it"),
    column("reason", TEXT, "why, in one line"),
    base.recorded_at(),
    one_of("from_state", *STATES),
    one_of("to_state", *STATES),
    Index(None, "model_id", "effective_session"),
    schema="registry",
    comment="Every move of a model between states; who stands as of a session is read from these.",
    info={"owner": "registry"},
)

ALERTS = Table(
    "alerts",
    METADATA,
    column("alert_id", TEXT, "sha256 of vendor, session, vintage and kind", primary_key=True),
    base.vendor("whose market drifted"),
    column("session", DATE, "exchange session whose report raised it"),
    column("vintage_session", DATE, "training cut-off of the models it is about"),
    column("kind", TEXT, "what drifted: features, predictions, targets, performance or regime"),
    column("feature_count", COUNT, "number of columns beyond their threshold", at_least("feature_count", 0)),
    column("statistic", FLOAT, "the largest statistic found"),
    column("threshold", FLOAT, "the calibrated threshold it went beyond"),
    column("report_uri", TEXT, "the full report, relative to the lake's root", nullable=True),
    column("available_at", TIME, "when the alert could be known (UTC)"),
    *base.provenance(),
    UniqueConstraint("vendor", "session", "vintage_session", "kind"),
    one_of("kind", "features", "predictions", "targets", "performance", "regime"),
    schema="drift",
    comment="Every time a drift report went beyond its threshold.",
    info={"owner": "drift"},
)

INTENTS = Table(
    "retraining_intents",
    METADATA,
    column("intent_id", TEXT, "sha256 of the alert, or of requester and vintage", primary_key=True),
    base.vendor("whose market it is about"),
    column("alert_id", TEXT, "the alert that asks; null when nobody's", ForeignKey(ALERTS.c.alert_id), nullable=True),
    column("vintage_session", DATE, "the training cut-off that is wanted"),
    column("reason", TEXT, "why, in one line"),
    column("requested_by", TEXT, "drift, performance, schedule, or the person who asked"),
    base.recorded_at(),
    UniqueConstraint("alert_id"),
    schema="drift",
    comment="Outbox of retraining that was asked for: at most one intent per alert.",
    info={"owner": "drift"},
)

INTENT_EVENTS = Table(
    "intent_events",
    METADATA,
    column("intent_id", TEXT, "the intent", ForeignKey(INTENTS.c.intent_id)),
    column("attempt", COUNT, "which attempt, from 1", at_least("attempt", 1)),
    column("state", TEXT, "claimed, finished, failed, or closed (there is nothing to train)"),
    column("run_id", TEXT, "the run that claimed it; null when closed without one", nullable=True),
    column("reason", TEXT, "what happened, in one line", nullable=True),
    base.recorded_at(),
    PrimaryKeyConstraint("intent_id", "attempt", "state"),
    one_of("state", "claimed", "finished", "failed", "closed"),
    Index("intent_events_ending_ix", "intent_id", "attempt", unique=True, postgresql_where="state <> 'claimed'"),
    Index("intent_events_settled_ix", "intent_id", unique=True, postgresql_where="state in ('finished', 'closed')"),
    schema="drift",
    comment="What became of each intent. The key lets one run alone insert 'claimed' for an attempt; each attempt "
    "ends once; an intent is settled once.",
    info={"owner": "drift"},
)
