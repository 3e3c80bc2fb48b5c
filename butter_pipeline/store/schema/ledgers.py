"""Ledgers: what was searched, registered, predicted, decided, and found to drift.

What belongs here: tables that are only ever appended to, with keys that make a repeated write harmless.
What does not: raw rows, and results that can be computed again from these (they are dbt's marts).
"""

from sqlalchemy import CheckConstraint, ForeignKey, Index, PrimaryKeyConstraint, Table, UniqueConstraint

from butter_pipeline.store.schema import base
from butter_pipeline.store.schema.base import COUNT, DATE, FLOAT, METADATA, TEXT, TIME, at_least, column, one_of, share

STATES = ("training", "shadow", "ab_test", "production", "retired")
ARMS = ("ButterA", "ButterB")
ACTIONS = ("take", "reduce_size", "skip")

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
    column("model_id", TEXT, "content hash of the fitted model", primary_key=True),
    column("name", TEXT, "the model's name; its versions share it"),
    column("version", TEXT, "version under that name"),
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
    *base.provenance(),
    UniqueConstraint("name", "version"),
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

PREDICTIONS = Table(
    "predictions",
    METADATA,
    column("prediction_id", TEXT, "sha256 of opportunity, model, arm and decision time", primary_key=True),
    column("session", DATE, "exchange session after whose close it was made"),
    column("decision_at", TIME, "the moment of decision it was made for (UTC)"),
    column("opportunity_id", TEXT, "the opportunity that was scored"),
    column("symbol", TEXT, "instrument"),
    column("strategy", TEXT, "strategy that found the opportunity"),
    column("model_id", TEXT, "the model that scored it", ForeignKey(MODELS.c.model_id)),
    column("arm", TEXT, "ButterA or ButterB; null when made for neither, as in shadow", nullable=True),
    column("success_probability", FLOAT, "calibrated probability of a profit", share("success_probability")),
    column("market_probability", FLOAT, "the same probability as option prices imply it", nullable=True),
    column("expected_return_pct", FLOAT, "expected return on the amount at risk, in percent", nullable=True),
    column("risk_score", FLOAT, "probability of reaching the stop", share("risk_score"), nullable=True),
    column("confidence", FLOAT, "how sure the model is of its own number", share("confidence"), nullable=True),
    column("recommendation", TEXT, "take, reduce_size or skip"),
    column("features_hash", TEXT, "content hash of the feature matrix it was read from"),
    column("horizon_sessions", COUNT, "sessions until the outcome is known", at_least("horizon_sessions", 1)),
    column("latency_ms", FLOAT, "time to score; null in batch", at_least("latency_ms", 0), nullable=True),
    column("available_at", TIME, "when the prediction could be known (UTC)"),
    *base.provenance(),
    share("market_probability"),
    one_of("arm", *ARMS),
    one_of("recommendation", *ACTIONS),
    Index(None, "session"),
    Index(None, "opportunity_id"),
    schema="trading",
    comment="Every score of every opportunity by every model that was asked, taken or not.",
    info={"owner": "trading"},
)

DECISIONS = Table(
    "decisions",
    METADATA,
    column("decision_id", TEXT, "sha256 of arm, opportunity and decision time", primary_key=True),
    column("session", DATE, "exchange session after whose close it was made"),
    column("decision_at", TIME, "the moment of decision (UTC)"),
    column("arm", TEXT, "ButterA (static weights) or ButterB (learned weights)"),
    column("opportunity_id", TEXT, "the opportunity that was judged"),
    column(
        "prediction_id",
        TEXT,
        "the prediction it rests on; null when it rests on the baseline alone",
        ForeignKey(PREDICTIONS.c.prediction_id),
        nullable=True,
    ),
    column("action", TEXT, "take, reduce_size or skip"),
    column("quantity", COUNT, "units to open; 0 when skipped", at_least("quantity", 0)),
    column("size_multiplier", FLOAT, "factor on the base size", at_least("size_multiplier", 0)),
    column("weights_json", TEXT, "the analyzer's weights at that moment, as JSON"),
    column("reason", TEXT, "why, in one line"),
    column("limits_hit", TEXT, "names of the hard limits that cut it, comma-separated; empty when none"),
    column("killed", TEXT, "why the kill switch stood against it; null when it did not", nullable=True),
    *base.provenance(),
    UniqueConstraint("arm", "opportunity_id", "decision_at"),
    one_of("arm", *ARMS),
    one_of("action", *ACTIONS),
    Index(None, "session"),
    schema="trading",
    comment="What each arm decided about each opportunity, with everything the decision rested on.",
    info={"owner": "trading"},
)

ALERTS = Table(
    "alerts",
    METADATA,
    column("alert_id", TEXT, "sha256 of session, vintage and kind", primary_key=True),
    column("session", DATE, "exchange session whose report raised it"),
    column("vintage_session", DATE, "training cut-off of the models it is about"),
    column("kind", TEXT, "what drifted: features, predictions, targets, performance or regime"),
    column("feature_count", COUNT, "number of columns beyond their threshold", at_least("feature_count", 0)),
    column("statistic", FLOAT, "the largest statistic found"),
    column("threshold", FLOAT, "the calibrated threshold it went beyond"),
    column("report_uri", TEXT, "the full report, relative to the lake's root", nullable=True),
    column("available_at", TIME, "when the alert could be known (UTC)"),
    *base.provenance(),
    UniqueConstraint("session", "vintage_session", "kind"),
    one_of("kind", "features", "predictions", "targets", "performance", "regime"),
    schema="drift",
    comment="Every time a drift report went beyond its threshold.",
    info={"owner": "drift"},
)

INTENTS = Table(
    "retraining_intents",
    METADATA,
    column("intent_id", TEXT, "sha256 of the alert, or of requester and vintage", primary_key=True),
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
    column("state", TEXT, "claimed, finished, failed, or closed (the vintage was there already)"),
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
