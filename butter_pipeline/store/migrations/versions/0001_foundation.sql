create schema if not exists market;;
comment on schema market is 'Raw market data in rows, exactly as vendors gave it, corrections beside what they correct.';;
create schema if not exists lake;;
comment on schema lake is 'What the Parquet lake holds, file by file.';;
create schema if not exists operations;;
comment on schema operations is 'What each run made of each session.';;
create schema if not exists learning;;
comment on schema learning is 'How models were searched for.';;
create schema if not exists registry;;
comment on schema registry is 'Model versions and the events that move them.';;
create schema if not exists trading;;
comment on schema trading is 'What was predicted and decided.';;
create schema if not exists drift;;
comment on schema drift is 'What has changed since training, and the retraining that was asked for.';;
create function operations.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '%.% is append-only, % refused: write a correction as a new row', tg_table_schema, tg_table_name,
        lower(tg_op) using errcode = 'restrict_violation';
end $$;;
CREATE TABLE drift.alerts (
    alert_id TEXT COLLATE "C" NOT NULL,
    session DATE NOT NULL,
    vintage_session DATE NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    feature_count BIGINT NOT NULL CONSTRAINT alerts_feature_count_ck CHECK (feature_count >= 0),
    statistic DOUBLE PRECISION NOT NULL,
    threshold DOUBLE PRECISION NOT NULL,
    report_uri TEXT COLLATE "C",
    available_at TIMESTAMP WITH TIME ZONE NOT NULL,
    code_version TEXT COLLATE "C" NOT NULL,
    config_hash TEXT COLLATE "C" NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT alerts_pk PRIMARY KEY (alert_id),
    CONSTRAINT alerts_session_vintage_session_kind_uq UNIQUE (session, vintage_session, kind),
    CONSTRAINT alerts_kind_ck CHECK (kind in ('features', 'predictions', 'targets', 'performance', 'regime'))
);;
COMMENT ON TABLE drift.alerts IS 'Every time a drift report went beyond its threshold.';;
COMMENT ON COLUMN drift.alerts.alert_id IS 'sha256 of session, vintage and kind';;
COMMENT ON COLUMN drift.alerts.session IS 'exchange session whose report raised it';;
COMMENT ON COLUMN drift.alerts.vintage_session IS 'training cut-off of the models it is about';;
COMMENT ON COLUMN drift.alerts.kind IS 'what drifted: features, predictions, targets, performance or regime';;
COMMENT ON COLUMN drift.alerts.feature_count IS 'number of columns beyond their threshold';;
COMMENT ON COLUMN drift.alerts.statistic IS 'the largest statistic found';;
COMMENT ON COLUMN drift.alerts.threshold IS 'the calibrated threshold it went beyond';;
COMMENT ON COLUMN drift.alerts.report_uri IS 'the full report, relative to the lake''s root';;
COMMENT ON COLUMN drift.alerts.available_at IS 'when the alert could be known (UTC)';;
COMMENT ON COLUMN drift.alerts.code_version IS 'hash of the source of the code that made the row';;
COMMENT ON COLUMN drift.alerts.config_hash IS 'hash of the configuration it ran with';;
COMMENT ON COLUMN drift.alerts.recorded_at IS 'our clock when the row was written (UTC); outside every hash';;
create trigger append_only before update or delete on drift.alerts for each row execute function operations.refuse_change();;
create trigger append_only_truncate before truncate on drift.alerts for each statement execute function operations.refuse_change();;
CREATE TABLE lake.manifest (
    what TEXT COLLATE "C" NOT NULL,
    vendor TEXT COLLATE "C" NOT NULL,
    session DATE NOT NULL,
    hash TEXT COLLATE "C" NOT NULL,
    rows BIGINT NOT NULL CONSTRAINT manifest_rows_ck CHECK (rows >= 0),
    uri TEXT COLLATE "C" NOT NULL,
    bytes BIGINT NOT NULL CONSTRAINT manifest_bytes_ck CHECK (bytes >= 0),
    available_at TIMESTAMP WITH TIME ZONE NOT NULL,
    code_version TEXT COLLATE "C" NOT NULL,
    config_hash TEXT COLLATE "C" NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT manifest_pk PRIMARY KEY (what, vendor, session, available_at)
);;
COMMENT ON TABLE lake.manifest IS 'What the lake holds: a row per file, written after the file; changed content is a further row.';;
COMMENT ON COLUMN lake.manifest.what IS 'name of the content: a frame such as chains, or an asset such as features.matrix';;
COMMENT ON COLUMN lake.manifest.vendor IS 'who supplied the content; empty when it does not apply';;
COMMENT ON COLUMN lake.manifest.session IS 'exchange session that the content belongs to';;
COMMENT ON COLUMN lake.manifest.hash IS 'sha256 of the Arrow content; the file is named by it';;
COMMENT ON COLUMN lake.manifest.rows IS 'number of rows in the file';;
COMMENT ON COLUMN lake.manifest.uri IS 'the file, relative to the lake''s root';;
COMMENT ON COLUMN lake.manifest.bytes IS 'size of the file';;
COMMENT ON COLUMN lake.manifest.available_at IS 'when the market could know the content (UTC); receipt for a correction';;
COMMENT ON COLUMN lake.manifest.code_version IS 'hash of the source of the code that made the row';;
COMMENT ON COLUMN lake.manifest.config_hash IS 'hash of the configuration it ran with';;
COMMENT ON COLUMN lake.manifest.recorded_at IS 'our clock when the row was written (UTC); outside every hash';;
create trigger append_only before update or delete on lake.manifest for each row execute function operations.refuse_change();;
create trigger append_only_truncate before truncate on lake.manifest for each statement execute function operations.refuse_change();;
CREATE TABLE learning.trials (
    trial_id TEXT COLLATE "C" NOT NULL,
    study TEXT COLLATE "C" NOT NULL,
    trial_number BIGINT NOT NULL CONSTRAINT trials_trial_number_ck CHECK (trial_number >= 0),
    model_kind TEXT COLLATE "C" NOT NULL,
    params_json TEXT COLLATE "C" NOT NULL,
    value DOUBLE PRECISION,
    metric TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    seed BIGINT NOT NULL,
    first_session DATE NOT NULL,
    last_session DATE NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE NOT NULL,
    code_version TEXT COLLATE "C" NOT NULL,
    config_hash TEXT COLLATE "C" NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT trials_pk PRIMARY KEY (trial_id),
    CONSTRAINT trials_study_trial_number_uq UNIQUE (study, trial_number),
    CONSTRAINT trials_state_ck CHECK (state in ('complete', 'pruned', 'failed')),
    CONSTRAINT trials_window_ck CHECK (first_session <= last_session)
);;
COMMENT ON TABLE learning.trials IS 'Every trial of every search for parameters, those that came to nothing included.';;
COMMENT ON COLUMN learning.trials.trial_id IS 'sha256 of study and trial number';;
COMMENT ON COLUMN learning.trials.study IS 'the search the trial belongs to';;
COMMENT ON COLUMN learning.trials.trial_number IS 'position in the study, from 0; also seeds the trial';;
COMMENT ON COLUMN learning.trials.model_kind IS 'what the model is for: success, expected_return, risk, volatility, ...';;
COMMENT ON COLUMN learning.trials.params_json IS 'the parameters that were tried, as JSON';;
COMMENT ON COLUMN learning.trials.value IS 'the metric reached; null when pruned or failed';;
COMMENT ON COLUMN learning.trials.metric IS 'name of the metric that the study optimises';;
COMMENT ON COLUMN learning.trials.state IS 'complete, pruned or failed';;
COMMENT ON COLUMN learning.trials.seed IS 'seed of everything random in the trial';;
COMMENT ON COLUMN learning.trials.first_session IS 'first session of the data window';;
COMMENT ON COLUMN learning.trials.last_session IS 'last session of the data window';;
COMMENT ON COLUMN learning.trials.started_at IS 'when the trial began, our clock (UTC)';;
COMMENT ON COLUMN learning.trials.finished_at IS 'when the trial ended, our clock (UTC)';;
COMMENT ON COLUMN learning.trials.code_version IS 'hash of the source of the code that made the row';;
COMMENT ON COLUMN learning.trials.config_hash IS 'hash of the configuration it ran with';;
COMMENT ON COLUMN learning.trials.recorded_at IS 'our clock when the row was written (UTC); outside every hash';;
create trigger append_only before update or delete on learning.trials for each row execute function operations.refuse_change();;
create trigger append_only_truncate before truncate on learning.trials for each statement execute function operations.refuse_change();;
CREATE TABLE market.bars (
    vendor TEXT COLLATE "C" NOT NULL,
    session DATE NOT NULL,
    symbol TEXT COLLATE "C" NOT NULL,
    open DOUBLE PRECISION NOT NULL,
    high DOUBLE PRECISION NOT NULL,
    low DOUBLE PRECISION NOT NULL,
    close DOUBLE PRECISION NOT NULL,
    volume DOUBLE PRECISION NOT NULL,
    available_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT bars_pk PRIMARY KEY (vendor, session, symbol, available_at)
) /* partition by session */;;
COMMENT ON TABLE market.bars IS 'Open, high, low, close and volume per instrument and session; prices raw, corrections as further rows.';;
COMMENT ON COLUMN market.bars.vendor IS 'who supplied the row';;
COMMENT ON COLUMN market.bars.session IS 'exchange session that the row belongs to';;
COMMENT ON COLUMN market.bars.symbol IS 'instrument';;
COMMENT ON COLUMN market.bars.open IS 'first price of the session';;
COMMENT ON COLUMN market.bars.high IS 'highest price of the session';;
COMMENT ON COLUMN market.bars.low IS 'lowest price of the session';;
COMMENT ON COLUMN market.bars.close IS 'last price of the session';;
COMMENT ON COLUMN market.bars.volume IS 'units traded in the session';;
COMMENT ON COLUMN market.bars.available_at IS 'when the market could know the row (UTC); receipt for a correction';;
COMMENT ON COLUMN market.bars.recorded_at IS 'our clock when the row was written (UTC); outside every hash';;
create trigger append_only before update or delete on market.bars for each row execute function operations.refuse_change();;
create trigger append_only_truncate before truncate on market.bars for each statement execute function operations.refuse_change();;
CREATE TABLE market.context (
    vendor TEXT COLLATE "C" NOT NULL,
    session DATE NOT NULL,
    series TEXT COLLATE "C" NOT NULL,
    value DOUBLE PRECISION NOT NULL,
    available_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT context_pk PRIMARY KEY (vendor, session, series, available_at)
) /* partition by session */;;
COMMENT ON TABLE market.context IS 'Levels of market-wide series per session (volatility indices, sectors, macro); corrections as rows.';;
COMMENT ON COLUMN market.context.vendor IS 'who supplied the row';;
COMMENT ON COLUMN market.context.session IS 'exchange session that the row belongs to';;
COMMENT ON COLUMN market.context.series IS 'name of the series, such as vol_index or sector_energy';;
COMMENT ON COLUMN market.context.value IS 'level of the series at the session''s close, in the series'' own unit';;
COMMENT ON COLUMN market.context.available_at IS 'when the market could know the row (UTC); receipt for a correction';;
COMMENT ON COLUMN market.context.recorded_at IS 'our clock when the row was written (UTC); outside every hash';;
create trigger append_only before update or delete on market.context for each row execute function operations.refuse_change();;
create trigger append_only_truncate before truncate on market.context for each statement execute function operations.refuse_change();;
CREATE TABLE market.quarantine (
    quarantine_id TEXT COLLATE "C" NOT NULL,
    dataset TEXT COLLATE "C" NOT NULL,
    vendor TEXT COLLATE "C" NOT NULL,
    session DATE NOT NULL,
    symbol TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    detail TEXT COLLATE "C" NOT NULL,
    row_json TEXT COLLATE "C" NOT NULL,
    available_at TIMESTAMP WITH TIME ZONE NOT NULL,
    code_version TEXT COLLATE "C" NOT NULL,
    config_hash TEXT COLLATE "C" NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT quarantine_pk PRIMARY KEY (quarantine_id)
);;
COMMENT ON TABLE market.quarantine IS 'Rows that a quality check refused, with the reason; the good rows of the session went on.';;
COMMENT ON COLUMN market.quarantine.quarantine_id IS 'sha256 of dataset, vendor, session, reason and the row''s content';;
COMMENT ON COLUMN market.quarantine.dataset IS 'the frame the row was meant for: bars, chains or context';;
COMMENT ON COLUMN market.quarantine.vendor IS 'who supplied the row';;
COMMENT ON COLUMN market.quarantine.session IS 'exchange session that the row claims';;
COMMENT ON COLUMN market.quarantine.symbol IS 'instrument or series that the row claims; empty when it names none';;
COMMENT ON COLUMN market.quarantine.reason IS 'name of the check that refused the row';;
COMMENT ON COLUMN market.quarantine.detail IS 'what the check found, in one line';;
COMMENT ON COLUMN market.quarantine.row_json IS 'the refused row as JSON, nothing left out';;
COMMENT ON COLUMN market.quarantine.available_at IS 'when the market could know the row, as the vendor gave it (UTC)';;
COMMENT ON COLUMN market.quarantine.code_version IS 'hash of the source of the code that made the row';;
COMMENT ON COLUMN market.quarantine.config_hash IS 'hash of the configuration it ran with';;
COMMENT ON COLUMN market.quarantine.recorded_at IS 'our clock when the row was written (UTC); outside every hash';;
CREATE INDEX quarantine_dataset_vendor_session_ix ON market.quarantine (dataset, vendor, session);;
create trigger append_only before update or delete on market.quarantine for each row execute function operations.refuse_change();;
create trigger append_only_truncate before truncate on market.quarantine for each statement execute function operations.refuse_change();;
CREATE TABLE operations.session_outcomes (
    asset TEXT COLLATE "C" NOT NULL,
    vendor TEXT COLLATE "C" NOT NULL,
    session DATE NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C",
    rows BIGINT CONSTRAINT session_outcomes_rows_ck CHECK (rows >= 0),
    hash TEXT COLLATE "C",
    completeness_pct DOUBLE PRECISION,
    run_id TEXT COLLATE "C" NOT NULL,
    code_version TEXT COLLATE "C" NOT NULL,
    config_hash TEXT COLLATE "C" NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT session_outcomes_pk PRIMARY KEY (asset, vendor, session, recorded_at, run_id),
    CONSTRAINT session_outcomes_status_ck CHECK (status in ('done', 'blocked', 'failed', 'released')),
    CONSTRAINT session_outcomes_completeness_pct_ck CHECK (completeness_pct between 0 and 100)
);;
COMMENT ON TABLE operations.session_outcomes IS 'What each run made of each session; the latest row per asset, vendor and session counts.';;
COMMENT ON COLUMN operations.session_outcomes.asset IS 'asset key, such as market/bars';;
COMMENT ON COLUMN operations.session_outcomes.vendor IS 'who supplied the data; empty when it does not apply';;
COMMENT ON COLUMN operations.session_outcomes.session IS 'exchange session that the run worked on';;
COMMENT ON COLUMN operations.session_outcomes.status IS 'done; blocked (by a check); failed (by an error); released (unblocked by a person)';;
COMMENT ON COLUMN operations.session_outcomes.reason IS 'why it is blocked, failed or released, or a remark when done; in one line';;
COMMENT ON COLUMN operations.session_outcomes.rows IS 'rows that the session has';;
COMMENT ON COLUMN operations.session_outcomes.hash IS 'content hash of the session''s rows';;
COMMENT ON COLUMN operations.session_outcomes.completeness_pct IS 'share of the expected rows that arrived good, in percent';;
COMMENT ON COLUMN operations.session_outcomes.run_id IS 'the Dagster run; outside every hash';;
COMMENT ON COLUMN operations.session_outcomes.code_version IS 'hash of the source of the code that made the row';;
COMMENT ON COLUMN operations.session_outcomes.config_hash IS 'hash of the configuration it ran with';;
COMMENT ON COLUMN operations.session_outcomes.recorded_at IS 'our clock when the row was written (UTC); outside every hash';;
CREATE INDEX session_outcomes_recorded_at_ix ON operations.session_outcomes (recorded_at);;
create trigger append_only before update or delete on operations.session_outcomes for each row execute function operations.refuse_change();;
create trigger append_only_truncate before truncate on operations.session_outcomes for each statement execute function operations.refuse_change();;
CREATE TABLE registry.models (
    model_id TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    version TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    library TEXT COLLATE "C" NOT NULL,
    vintage_session DATE NOT NULL,
    training_first_session DATE NOT NULL,
    training_last_session DATE NOT NULL,
    training_rows BIGINT NOT NULL CONSTRAINT models_training_rows_ck CHECK (training_rows >= 0),
    training_data_hash TEXT COLLATE "C" NOT NULL,
    features_json TEXT COLLATE "C" NOT NULL,
    params_json TEXT COLLATE "C" NOT NULL,
    metrics_json TEXT COLLATE "C" NOT NULL,
    accuracy DOUBLE PRECISION CONSTRAINT models_accuracy_ck CHECK (accuracy between 0 and 1),
    precision DOUBLE PRECISION CONSTRAINT models_precision_ck CHECK (precision between 0 and 1),
    recall DOUBLE PRECISION CONSTRAINT models_recall_ck CHECK (recall between 0 and 1),
    f1 DOUBLE PRECISION CONSTRAINT models_f1_ck CHECK (f1 between 0 and 1),
    auc DOUBLE PRECISION CONSTRAINT models_auc_ck CHECK (auc between 0 and 1),
    uri TEXT COLLATE "C" NOT NULL,
    code_version TEXT COLLATE "C" NOT NULL,
    config_hash TEXT COLLATE "C" NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT models_pk PRIMARY KEY (model_id),
    CONSTRAINT models_name_version_uq UNIQUE (name, version),
    CONSTRAINT models_window_ck CHECK (training_first_session <= training_last_session and training_last_session <= vintage_session)
);;
COMMENT ON TABLE registry.models IS 'Every fitted model, named by its content, with what it was fitted on and how well it did.';;
COMMENT ON COLUMN registry.models.model_id IS 'content hash of the fitted model';;
COMMENT ON COLUMN registry.models.name IS 'the model''s name; its versions share it';;
COMMENT ON COLUMN registry.models.version IS 'version under that name';;
COMMENT ON COLUMN registry.models.kind IS 'what the model is for: success, expected_return, risk, volatility, ...';;
COMMENT ON COLUMN registry.models.library IS 'library and estimator, such as lightgbm or xgboost';;
COMMENT ON COLUMN registry.models.vintage_session IS 'training cut-off: nothing later was seen';;
COMMENT ON COLUMN registry.models.training_first_session IS 'first session of the training rows';;
COMMENT ON COLUMN registry.models.training_last_session IS 'last session of the training rows';;
COMMENT ON COLUMN registry.models.training_rows IS 'number of training rows';;
COMMENT ON COLUMN registry.models.training_data_hash IS 'combined content hash of the training rows';;
COMMENT ON COLUMN registry.models.features_json IS 'names and versions of the features, in order, as JSON';;
COMMENT ON COLUMN registry.models.params_json IS 'hyperparameters, as JSON';;
COMMENT ON COLUMN registry.models.metrics_json IS 'every metric on data the model did not see, with intervals, as JSON';;
COMMENT ON COLUMN registry.models.accuracy IS 'share of right calls on unseen data';;
COMMENT ON COLUMN registry.models.precision IS 'share of positive calls that were right';;
COMMENT ON COLUMN registry.models.recall IS 'share of positives that were called';;
COMMENT ON COLUMN registry.models.f1 IS 'harmonic mean of precision and recall';;
COMMENT ON COLUMN registry.models.auc IS 'area under the ROC curve';;
COMMENT ON COLUMN registry.models.uri IS 'the model file, relative to the lake''s root';;
COMMENT ON COLUMN registry.models.code_version IS 'hash of the source of the code that made the row';;
COMMENT ON COLUMN registry.models.config_hash IS 'hash of the configuration it ran with';;
COMMENT ON COLUMN registry.models.recorded_at IS 'our clock when the row was written (UTC); outside every hash';;
create trigger append_only before update or delete on registry.models for each row execute function operations.refuse_change();;
create trigger append_only_truncate before truncate on registry.models for each statement execute function operations.refuse_change();;
CREATE TABLE drift.retraining_intents (
    intent_id TEXT COLLATE "C" NOT NULL,
    alert_id TEXT COLLATE "C",
    vintage_session DATE NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    requested_by TEXT COLLATE "C" NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT retraining_intents_pk PRIMARY KEY (intent_id),
    CONSTRAINT retraining_intents_alert_id_uq UNIQUE (alert_id),
    CONSTRAINT retraining_intents_alert_id_fk FOREIGN KEY(alert_id) REFERENCES drift.alerts (alert_id)
);;
COMMENT ON TABLE drift.retraining_intents IS 'Outbox of retraining that was asked for: at most one intent per alert.';;
COMMENT ON COLUMN drift.retraining_intents.intent_id IS 'sha256 of the alert, or of requester and vintage';;
COMMENT ON COLUMN drift.retraining_intents.alert_id IS 'the alert that asks; null when nobody''s';;
COMMENT ON COLUMN drift.retraining_intents.vintage_session IS 'the training cut-off that is wanted';;
COMMENT ON COLUMN drift.retraining_intents.reason IS 'why, in one line';;
COMMENT ON COLUMN drift.retraining_intents.requested_by IS 'drift, performance, schedule, or the person who asked';;
COMMENT ON COLUMN drift.retraining_intents.recorded_at IS 'our clock when the row was written (UTC); outside every hash';;
create trigger append_only before update or delete on drift.retraining_intents for each row execute function operations.refuse_change();;
create trigger append_only_truncate before truncate on drift.retraining_intents for each statement execute function operations.refuse_change();;
CREATE TABLE registry.events (
    event_id TEXT COLLATE "C" NOT NULL,
    model_id TEXT COLLATE "C" NOT NULL,
    from_state TEXT COLLATE "C",
    to_state TEXT COLLATE "C" NOT NULL,
    effective_session DATE NOT NULL,
    actor TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT events_pk PRIMARY KEY (event_id),
    CONSTRAINT events_from_state_ck CHECK (from_state in ('training', 'shadow', 'ab_test', 'production', 'retired')),
    CONSTRAINT events_to_state_ck CHECK (to_state in ('training', 'shadow', 'ab_test', 'production', 'retired')),
    CONSTRAINT events_model_id_fk FOREIGN KEY(model_id) REFERENCES registry.models (model_id)
);;
COMMENT ON TABLE registry.events IS 'Every move of a model between states; who stands as of a session is read from these.';;
COMMENT ON COLUMN registry.events.event_id IS 'sha256 of model, states, effective session and actor';;
COMMENT ON COLUMN registry.events.model_id IS 'the model that moved';;
COMMENT ON COLUMN registry.events.from_state IS 'state before; null for a model''s first event';;
COMMENT ON COLUMN registry.events.to_state IS 'state after: training, shadow, ab_test, production or retired';;
COMMENT ON COLUMN registry.events.effective_session IS 'first session for which the new state counts';;
COMMENT ON COLUMN registry.events.actor IS 'who or what moved it';;
COMMENT ON COLUMN registry.events.reason IS 'why, in one line';;
COMMENT ON COLUMN registry.events.recorded_at IS 'our clock when the row was written (UTC); outside every hash';;
CREATE INDEX events_model_id_effective_session_ix ON registry.events (model_id, effective_session);;
create trigger append_only before update or delete on registry.events for each row execute function operations.refuse_change();;
create trigger append_only_truncate before truncate on registry.events for each statement execute function operations.refuse_change();;
CREATE TABLE trading.predictions (
    prediction_id TEXT COLLATE "C" NOT NULL,
    session DATE NOT NULL,
    decision_at TIMESTAMP WITH TIME ZONE NOT NULL,
    opportunity_id TEXT COLLATE "C" NOT NULL,
    symbol TEXT COLLATE "C" NOT NULL,
    strategy TEXT COLLATE "C" NOT NULL,
    model_id TEXT COLLATE "C" NOT NULL,
    arm TEXT COLLATE "C",
    success_probability DOUBLE PRECISION NOT NULL CONSTRAINT predictions_success_probability_ck CHECK (success_probability between 0 and 1),
    market_probability DOUBLE PRECISION,
    expected_return_pct DOUBLE PRECISION,
    risk_score DOUBLE PRECISION CONSTRAINT predictions_risk_score_ck CHECK (risk_score between 0 and 1),
    confidence DOUBLE PRECISION CONSTRAINT predictions_confidence_ck CHECK (confidence between 0 and 1),
    recommendation TEXT COLLATE "C" NOT NULL,
    features_hash TEXT COLLATE "C" NOT NULL,
    horizon_sessions BIGINT NOT NULL CONSTRAINT predictions_horizon_sessions_ck CHECK (horizon_sessions >= 1),
    latency_ms DOUBLE PRECISION CONSTRAINT predictions_latency_ms_ck CHECK (latency_ms >= 0),
    available_at TIMESTAMP WITH TIME ZONE NOT NULL,
    code_version TEXT COLLATE "C" NOT NULL,
    config_hash TEXT COLLATE "C" NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT predictions_pk PRIMARY KEY (prediction_id),
    CONSTRAINT predictions_market_probability_ck CHECK (market_probability between 0 and 1),
    CONSTRAINT predictions_arm_ck CHECK (arm in ('ButterA', 'ButterB')),
    CONSTRAINT predictions_recommendation_ck CHECK (recommendation in ('take', 'reduce_size', 'skip')),
    CONSTRAINT predictions_model_id_fk FOREIGN KEY(model_id) REFERENCES registry.models (model_id)
);;
COMMENT ON TABLE trading.predictions IS 'Every score of every opportunity by every model that was asked, taken or not.';;
COMMENT ON COLUMN trading.predictions.prediction_id IS 'sha256 of opportunity, model, arm and decision time';;
COMMENT ON COLUMN trading.predictions.session IS 'exchange session after whose close it was made';;
COMMENT ON COLUMN trading.predictions.decision_at IS 'the moment of decision it was made for (UTC)';;
COMMENT ON COLUMN trading.predictions.opportunity_id IS 'the opportunity that was scored';;
COMMENT ON COLUMN trading.predictions.symbol IS 'instrument';;
COMMENT ON COLUMN trading.predictions.strategy IS 'strategy that found the opportunity';;
COMMENT ON COLUMN trading.predictions.model_id IS 'the model that scored it';;
COMMENT ON COLUMN trading.predictions.arm IS 'ButterA or ButterB; null when made for neither, as in shadow';;
COMMENT ON COLUMN trading.predictions.success_probability IS 'calibrated probability of a profit';;
COMMENT ON COLUMN trading.predictions.market_probability IS 'the same probability as option prices imply it';;
COMMENT ON COLUMN trading.predictions.expected_return_pct IS 'expected return on the amount at risk, in percent';;
COMMENT ON COLUMN trading.predictions.risk_score IS 'probability of reaching the stop';;
COMMENT ON COLUMN trading.predictions.confidence IS 'how sure the model is of its own number';;
COMMENT ON COLUMN trading.predictions.recommendation IS 'take, reduce_size or skip';;
COMMENT ON COLUMN trading.predictions.features_hash IS 'content hash of the feature matrix it was read from';;
COMMENT ON COLUMN trading.predictions.horizon_sessions IS 'sessions until the outcome is known';;
COMMENT ON COLUMN trading.predictions.latency_ms IS 'time to score; null in batch';;
COMMENT ON COLUMN trading.predictions.available_at IS 'when the prediction could be known (UTC)';;
COMMENT ON COLUMN trading.predictions.code_version IS 'hash of the source of the code that made the row';;
COMMENT ON COLUMN trading.predictions.config_hash IS 'hash of the configuration it ran with';;
COMMENT ON COLUMN trading.predictions.recorded_at IS 'our clock when the row was written (UTC); outside every hash';;
CREATE INDEX predictions_opportunity_id_ix ON trading.predictions (opportunity_id);;
CREATE INDEX predictions_session_ix ON trading.predictions (session);;
create trigger append_only before update or delete on trading.predictions for each row execute function operations.refuse_change();;
create trigger append_only_truncate before truncate on trading.predictions for each statement execute function operations.refuse_change();;
CREATE TABLE drift.intent_events (
    intent_id TEXT COLLATE "C" NOT NULL,
    attempt BIGINT NOT NULL CONSTRAINT intent_events_attempt_ck CHECK (attempt >= 1),
    state TEXT COLLATE "C" NOT NULL,
    run_id TEXT COLLATE "C",
    reason TEXT COLLATE "C",
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT intent_events_pk PRIMARY KEY (intent_id, attempt, state),
    CONSTRAINT intent_events_state_ck CHECK (state in ('claimed', 'finished', 'failed', 'closed')),
    CONSTRAINT intent_events_intent_id_fk FOREIGN KEY(intent_id) REFERENCES drift.retraining_intents (intent_id)
);;
COMMENT ON TABLE drift.intent_events IS 'What became of each intent. The key lets one run alone insert ''claimed'' for an attempt; each attempt ends once; an intent is settled once.';;
COMMENT ON COLUMN drift.intent_events.intent_id IS 'the intent';;
COMMENT ON COLUMN drift.intent_events.attempt IS 'which attempt, from 1';;
COMMENT ON COLUMN drift.intent_events.state IS 'claimed, finished, failed, or closed (the vintage was there already)';;
COMMENT ON COLUMN drift.intent_events.run_id IS 'the run that claimed it; null when closed without one';;
COMMENT ON COLUMN drift.intent_events.reason IS 'what happened, in one line';;
COMMENT ON COLUMN drift.intent_events.recorded_at IS 'our clock when the row was written (UTC); outside every hash';;
CREATE UNIQUE INDEX intent_events_ending_ix ON drift.intent_events (intent_id, attempt) WHERE state <> 'claimed';;
CREATE UNIQUE INDEX intent_events_settled_ix ON drift.intent_events (intent_id) WHERE state in ('finished', 'closed');;
create trigger append_only before update or delete on drift.intent_events for each row execute function operations.refuse_change();;
create trigger append_only_truncate before truncate on drift.intent_events for each statement execute function operations.refuse_change();;
CREATE TABLE trading.decisions (
    decision_id TEXT COLLATE "C" NOT NULL,
    session DATE NOT NULL,
    decision_at TIMESTAMP WITH TIME ZONE NOT NULL,
    arm TEXT COLLATE "C" NOT NULL,
    opportunity_id TEXT COLLATE "C" NOT NULL,
    prediction_id TEXT COLLATE "C",
    action TEXT COLLATE "C" NOT NULL,
    quantity BIGINT NOT NULL CONSTRAINT decisions_quantity_ck CHECK (quantity >= 0),
    size_multiplier DOUBLE PRECISION NOT NULL CONSTRAINT decisions_size_multiplier_ck CHECK (size_multiplier >= 0),
    weights_json TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    limits_hit TEXT COLLATE "C" NOT NULL,
    killed TEXT COLLATE "C",
    code_version TEXT COLLATE "C" NOT NULL,
    config_hash TEXT COLLATE "C" NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT decisions_pk PRIMARY KEY (decision_id),
    CONSTRAINT decisions_arm_opportunity_id_decision_at_uq UNIQUE (arm, opportunity_id, decision_at),
    CONSTRAINT decisions_arm_ck CHECK (arm in ('ButterA', 'ButterB')),
    CONSTRAINT decisions_action_ck CHECK (action in ('take', 'reduce_size', 'skip')),
    CONSTRAINT decisions_prediction_id_fk FOREIGN KEY(prediction_id) REFERENCES trading.predictions (prediction_id)
);;
COMMENT ON TABLE trading.decisions IS 'What each arm decided about each opportunity, with everything the decision rested on.';;
COMMENT ON COLUMN trading.decisions.decision_id IS 'sha256 of arm, opportunity and decision time';;
COMMENT ON COLUMN trading.decisions.session IS 'exchange session after whose close it was made';;
COMMENT ON COLUMN trading.decisions.decision_at IS 'the moment of decision (UTC)';;
COMMENT ON COLUMN trading.decisions.arm IS 'ButterA (static weights) or ButterB (learned weights)';;
COMMENT ON COLUMN trading.decisions.opportunity_id IS 'the opportunity that was judged';;
COMMENT ON COLUMN trading.decisions.prediction_id IS 'the prediction it rests on; null when it rests on the baseline alone';;
COMMENT ON COLUMN trading.decisions.action IS 'take, reduce_size or skip';;
COMMENT ON COLUMN trading.decisions.quantity IS 'units to open; 0 when skipped';;
COMMENT ON COLUMN trading.decisions.size_multiplier IS 'factor on the base size';;
COMMENT ON COLUMN trading.decisions.weights_json IS 'the analyzer''s weights at that moment, as JSON';;
COMMENT ON COLUMN trading.decisions.reason IS 'why, in one line';;
COMMENT ON COLUMN trading.decisions.limits_hit IS 'names of the hard limits that cut it, comma-separated; empty when none';;
COMMENT ON COLUMN trading.decisions.killed IS 'why the kill switch stood against it; null when it did not';;
COMMENT ON COLUMN trading.decisions.code_version IS 'hash of the source of the code that made the row';;
COMMENT ON COLUMN trading.decisions.config_hash IS 'hash of the configuration it ran with';;
COMMENT ON COLUMN trading.decisions.recorded_at IS 'our clock when the row was written (UTC); outside every hash';;
CREATE INDEX decisions_session_ix ON trading.decisions (session);;
create trigger append_only before update or delete on trading.decisions for each row execute function operations.refuse_change();;
create trigger append_only_truncate before truncate on trading.decisions for each statement execute function operations.refuse_change();;
create view operations.latest_outcomes as select distinct on (asset, vendor, session) * from operations.session_outcomes order by asset, vendor, session, recorded_at desc, run_id desc;;
comment on view operations.latest_outcomes is 'The latest outcome per asset, vendor and session.';;
create view operations.failed_sessions as select * from operations.latest_outcomes where status in ('blocked', 'failed');;
comment on view operations.failed_sessions is 'The sessions whose latest outcome is blocked or failed: what still wants a person or a re-run.';;
