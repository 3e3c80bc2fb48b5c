create schema if not exists opportunities;;
comment on schema opportunities is 'Butterflies and signals that were found, and what they were worth afterwards.';;
create schema if not exists policy;;
comment on schema policy is 'The weights that the learned arm gave the analyzer.';;
comment on schema registry is 'Model versions, the events that move them, and who stands.';;
comment on schema trading is 'What was predicted, decided, ordered, filled and closed.';;
CREATE TABLE drift.alerts (
    alert_id TEXT COLLATE "C" NOT NULL,
    vendor TEXT COLLATE "C" NOT NULL,
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
    CONSTRAINT alerts_vendor_session_vintage_session_kind_uq UNIQUE (vendor, session, vintage_session, kind),
    CONSTRAINT alerts_kind_ck CHECK (kind in ('features', 'predictions', 'targets', 'performance', 'regime'))
);;
COMMENT ON TABLE drift.alerts IS 'Every time a drift report went beyond its threshold.';;
COMMENT ON COLUMN drift.alerts.alert_id IS 'sha256 of vendor, session, vintage and kind';;
COMMENT ON COLUMN drift.alerts.vendor IS 'whose market drifted';;
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
CREATE TABLE drift.performance (
    vendor TEXT COLLATE "C" NOT NULL,
    session DATE NOT NULL,
    matured_predictions BIGINT NOT NULL,
    log_loss DOUBLE PRECISION,
    market_log_loss DOUBLE PRECISION,
    brier DOUBLE PRECISION,
    market_brier DOUBLE PRECISION,
    share_profitable DOUBLE PRECISION,
    mean_probability DOUBLE PRECISION,
    verdict TEXT COLLATE "C" NOT NULL,
    available_at TIMESTAMP WITH TIME ZONE NOT NULL,
    code_version TEXT COLLATE "C" NOT NULL,
    config_hash TEXT COLLATE "C" NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT performance_pk PRIMARY KEY (vendor, session, available_at)
);;
COMMENT ON TABLE drift.performance IS 'How the predictions that matured lately did, next to the market''s own probability.';;
COMMENT ON COLUMN drift.performance.vendor IS 'whose market the row is about';;
COMMENT ON COLUMN drift.performance.session IS 'exchange session that the row belongs to';;
COMMENT ON COLUMN drift.performance.matured_predictions IS 'predictions of the production model that matured lately';;
COMMENT ON COLUMN drift.performance.log_loss IS 'their log loss';;
COMMENT ON COLUMN drift.performance.market_log_loss IS 'that of the market''s own probability';;
COMMENT ON COLUMN drift.performance.brier IS 'their Brier score';;
COMMENT ON COLUMN drift.performance.market_brier IS 'that of the market''s own probability';;
COMMENT ON COLUMN drift.performance.share_profitable IS 'share that came to a profit';;
COMMENT ON COLUMN drift.performance.mean_probability IS 'what they said on average';;
COMMENT ON COLUMN drift.performance.verdict IS 'sound, decayed, or why it cannot be judged';;
COMMENT ON COLUMN drift.performance.available_at IS 'when the market could know the row (UTC); receipt for a correction';;
COMMENT ON COLUMN drift.performance.code_version IS 'hash of the source of the code that made the row';;
COMMENT ON COLUMN drift.performance.config_hash IS 'hash of the configuration it ran with';;
COMMENT ON COLUMN drift.performance.recorded_at IS 'our clock when the row was written (UTC); outside every hash';;
create trigger append_only before update or delete on drift.performance for each row execute function operations.refuse_change();;
create trigger append_only_truncate before truncate on drift.performance for each statement execute function operations.refuse_change();;
CREATE TABLE drift.report (
    vendor TEXT COLLATE "C" NOT NULL,
    session DATE NOT NULL,
    column_name TEXT COLLATE "C" NOT NULL,
    vintage_session DATE NOT NULL,
    method TEXT COLLATE "C" NOT NULL,
    statistic DOUBLE PRECISION,
    threshold DOUBLE PRECISION,
    ratio DOUBLE PRECISION,
    drifted BIGINT NOT NULL,
    verdict TEXT COLLATE "C",
    report_hash TEXT COLLATE "C" NOT NULL,
    available_at TIMESTAMP WITH TIME ZONE NOT NULL,
    code_version TEXT COLLATE "C" NOT NULL,
    config_hash TEXT COLLATE "C" NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT report_pk PRIMARY KEY (vendor, session, column_name, available_at)
);;
COMMENT ON TABLE drift.report IS 'Drift reports: every column''s statistic against its calibrated threshold.';;
COMMENT ON COLUMN drift.report.vendor IS 'whose market the row is about';;
COMMENT ON COLUMN drift.report.session IS 'exchange session that the row belongs to';;
COMMENT ON COLUMN drift.report.column_name IS 'the column that was compared';;
COMMENT ON COLUMN drift.report.vintage_session IS 'training cut-off whose reference it was compared with';;
COMMENT ON COLUMN drift.report.method IS 'Evidently''s name of the statistic';;
COMMENT ON COLUMN drift.report.statistic IS 'distance between the reference and the last sessions';;
COMMENT ON COLUMN drift.report.threshold IS 'calibrated threshold of that statistic';;
COMMENT ON COLUMN drift.report.ratio IS 'statistic over threshold';;
COMMENT ON COLUMN drift.report.drifted IS '1 when the column counts as drifted';;
COMMENT ON COLUMN drift.report.verdict IS 'what the session''s report comes to, or why the column cannot be judged';;
COMMENT ON COLUMN drift.report.report_hash IS 'sha256 of the session''s whole report, which is kept in the lake';;
COMMENT ON COLUMN drift.report.available_at IS 'when the market could know the row (UTC); receipt for a correction';;
COMMENT ON COLUMN drift.report.code_version IS 'hash of the source of the code that made the row';;
COMMENT ON COLUMN drift.report.config_hash IS 'hash of the configuration it ran with';;
COMMENT ON COLUMN drift.report.recorded_at IS 'our clock when the row was written (UTC); outside every hash';;
create trigger append_only before update or delete on drift.report for each row execute function operations.refuse_change();;
create trigger append_only_truncate before truncate on drift.report for each statement execute function operations.refuse_change();;
CREATE TABLE opportunities.butterflies (
    vendor TEXT COLLATE "C" NOT NULL,
    session DATE NOT NULL,
    opportunity_id TEXT COLLATE "C" NOT NULL,
    symbol TEXT COLLATE "C" NOT NULL,
    strategy TEXT COLLATE "C" NOT NULL,
    option_right TEXT COLLATE "C" NOT NULL,
    expiry DATE NOT NULL,
    sessions_to_expiry BIGINT NOT NULL,
    lower_strike DOUBLE PRECISION NOT NULL,
    body_strike DOUBLE PRECISION NOT NULL,
    upper_strike DOUBLE PRECISION NOT NULL,
    spot DOUBLE PRECISION NOT NULL,
    body_iv DOUBLE PRECISION NOT NULL,
    mid_usd DOUBLE PRECISION NOT NULL,
    open_cost_usd DOUBLE PRECISION NOT NULL,
    cost_share_pct DOUBLE PRECISION NOT NULL,
    width_pct DOUBLE PRECISION NOT NULL,
    moneyness_pct DOUBLE PRECISION NOT NULL,
    reward_to_risk DOUBLE PRECISION NOT NULL,
    delta DOUBLE PRECISION NOT NULL,
    gamma DOUBLE PRECISION NOT NULL,
    vega DOUBLE PRECISION NOT NULL,
    theta DOUBLE PRECISION NOT NULL,
    price_match_score DOUBLE PRECISION NOT NULL,
    vol_mispricing_score DOUBLE PRECISION NOT NULL,
    stability_score DOUBLE PRECISION NOT NULL,
    fourier_score DOUBLE PRECISION NOT NULL,
    static_score DOUBLE PRECISION NOT NULL,
    market_probability DOUBLE PRECISION NOT NULL,
    available_at TIMESTAMP WITH TIME ZONE NOT NULL,
    code_version TEXT COLLATE "C" NOT NULL,
    config_hash TEXT COLLATE "C" NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT butterflies_pk PRIMARY KEY (vendor, session, opportunity_id, available_at)
) /* partition by session */;;
COMMENT ON TABLE opportunities.butterflies IS 'Butterflies found in the session''s chains, with their four scores.';;
COMMENT ON COLUMN opportunities.butterflies.vendor IS 'whose market the row is about';;
COMMENT ON COLUMN opportunities.butterflies.session IS 'exchange session that the row belongs to';;
COMMENT ON COLUMN opportunities.butterflies.opportunity_id IS 'sha256 of vendor, session, symbol, right, expiry and strikes';;
COMMENT ON COLUMN opportunities.butterflies.symbol IS 'underlying instrument';;
COMMENT ON COLUMN opportunities.butterflies.strategy IS 'strategy that found it';;
COMMENT ON COLUMN opportunities.butterflies.option_right IS 'C for calls, P for puts';;
COMMENT ON COLUMN opportunities.butterflies.expiry IS 'last session of the contracts';;
COMMENT ON COLUMN opportunities.butterflies.sessions_to_expiry IS 'sessions from this one to expiry';;
COMMENT ON COLUMN opportunities.butterflies.lower_strike IS 'strike of the lower wing, bought once';;
COMMENT ON COLUMN opportunities.butterflies.body_strike IS 'strike of the body, sold twice';;
COMMENT ON COLUMN opportunities.butterflies.upper_strike IS 'strike of the upper wing, bought once';;
COMMENT ON COLUMN opportunities.butterflies.spot IS 'price of the underlying when the quotes were taken';;
COMMENT ON COLUMN opportunities.butterflies.body_iv IS 'implied volatility of the body, per year';;
COMMENT ON COLUMN opportunities.butterflies.mid_usd IS 'value of one at the mids';;
COMMENT ON COLUMN opportunities.butterflies.open_cost_usd IS 'what opening one at these quotes costs, commission included';;
COMMENT ON COLUMN opportunities.butterflies.cost_share_pct IS 'spread and commission there and back, in percent of the open cost';;
COMMENT ON COLUMN opportunities.butterflies.width_pct IS 'from body to wing, in percent of spot';;
COMMENT ON COLUMN opportunities.butterflies.moneyness_pct IS 'body above spot, in percent';;
COMMENT ON COLUMN opportunities.butterflies.reward_to_risk IS 'most it can earn per open cost';;
COMMENT ON COLUMN opportunities.butterflies.delta IS 'value per unit of spot, per share';;
COMMENT ON COLUMN opportunities.butterflies.gamma IS 'delta per unit of spot, per share';;
COMMENT ON COLUMN opportunities.butterflies.vega IS 'value per unit of yearly volatility, per share';;
COMMENT ON COLUMN opportunities.butterflies.theta IS 'value per session, per share';;
COMMENT ON COLUMN opportunities.butterflies.price_match_score IS 'how near the body is to where the price is forecast, 0 to 100';;
COMMENT ON COLUMN opportunities.butterflies.vol_mispricing_score IS 'how far implied volatility is above the forecast, 0 to 100';;
COMMENT ON COLUMN opportunities.butterflies.stability_score IS 'how quiet the price is, 0 to 100';;
COMMENT ON COLUMN opportunities.butterflies.fourier_score IS 'how well the cycles point at the body, 0 to 100';;
COMMENT ON COLUMN opportunities.butterflies.static_score IS 'the four with the static weights, 0 to 100';;
COMMENT ON COLUMN opportunities.butterflies.market_probability IS 'probability of a profit at the exit as option prices imply it';;
COMMENT ON COLUMN opportunities.butterflies.available_at IS 'when the market could know the row (UTC); receipt for a correction';;
COMMENT ON COLUMN opportunities.butterflies.code_version IS 'hash of the source of the code that made the row';;
COMMENT ON COLUMN opportunities.butterflies.config_hash IS 'hash of the configuration it ran with';;
COMMENT ON COLUMN opportunities.butterflies.recorded_at IS 'our clock when the row was written (UTC); outside every hash';;
create trigger append_only before update or delete on opportunities.butterflies for each row execute function operations.refuse_change();;
create trigger append_only_truncate before truncate on opportunities.butterflies for each statement execute function operations.refuse_change();;
CREATE TABLE opportunities.marks (
    vendor TEXT COLLATE "C" NOT NULL,
    session DATE NOT NULL,
    opportunity_id TEXT COLLATE "C" NOT NULL,
    opened_session DATE NOT NULL,
    age_sessions BIGINT NOT NULL,
    symbol TEXT COLLATE "C" NOT NULL,
    expiry DATE NOT NULL,
    lower_strike DOUBLE PRECISION NOT NULL,
    body_strike DOUBLE PRECISION NOT NULL,
    upper_strike DOUBLE PRECISION NOT NULL,
    lower_bid DOUBLE PRECISION,
    lower_ask DOUBLE PRECISION,
    body_bid DOUBLE PRECISION,
    body_ask DOUBLE PRECISION,
    upper_bid DOUBLE PRECISION,
    upper_ask DOUBLE PRECISION,
    underlying_price DOUBLE PRECISION,
    mid_usd DOUBLE PRECISION,
    open_cost_usd DOUBLE PRECISION,
    close_value_usd DOUBLE PRECISION,
    available_at TIMESTAMP WITH TIME ZONE NOT NULL,
    code_version TEXT COLLATE "C" NOT NULL,
    config_hash TEXT COLLATE "C" NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT marks_pk PRIMARY KEY (vendor, session, opportunity_id, available_at)
) /* partition by session */;;
COMMENT ON TABLE opportunities.marks IS 'Quotes of every opportunity that is open, and what opening or closing it would come to.';;
COMMENT ON COLUMN opportunities.marks.vendor IS 'whose market the row is about';;
COMMENT ON COLUMN opportunities.marks.session IS 'exchange session that the row belongs to';;
COMMENT ON COLUMN opportunities.marks.opportunity_id IS 'sha256 of vendor, session, symbol, right, expiry and strikes';;
COMMENT ON COLUMN opportunities.marks.opened_session IS 'session after whose close it was found';;
COMMENT ON COLUMN opportunities.marks.age_sessions IS 'sessions since then: 0 then, 1 at the entry, 8 at the exit';;
COMMENT ON COLUMN opportunities.marks.symbol IS 'underlying instrument';;
COMMENT ON COLUMN opportunities.marks.expiry IS 'last session of the contracts';;
COMMENT ON COLUMN opportunities.marks.lower_strike IS 'strike of the lower wing, bought once';;
COMMENT ON COLUMN opportunities.marks.body_strike IS 'strike of the body, sold twice';;
COMMENT ON COLUMN opportunities.marks.upper_strike IS 'strike of the upper wing, bought once';;
COMMENT ON COLUMN opportunities.marks.lower_bid IS 'bid of the lower wing';;
COMMENT ON COLUMN opportunities.marks.lower_ask IS 'ask of the lower wing';;
COMMENT ON COLUMN opportunities.marks.body_bid IS 'bid of the body';;
COMMENT ON COLUMN opportunities.marks.body_ask IS 'ask of the body';;
COMMENT ON COLUMN opportunities.marks.upper_bid IS 'bid of the upper wing';;
COMMENT ON COLUMN opportunities.marks.upper_ask IS 'ask of the upper wing';;
COMMENT ON COLUMN opportunities.marks.underlying_price IS 'price of the underlying when the quotes were taken';;
COMMENT ON COLUMN opportunities.marks.mid_usd IS 'value of one at the mids';;
COMMENT ON COLUMN opportunities.marks.open_cost_usd IS 'what opening one would cost, commission included';;
COMMENT ON COLUMN opportunities.marks.close_value_usd IS 'what closing one would fetch, commission taken off';;
COMMENT ON COLUMN opportunities.marks.available_at IS 'when the market could know the row (UTC); receipt for a correction';;
COMMENT ON COLUMN opportunities.marks.code_version IS 'hash of the source of the code that made the row';;
COMMENT ON COLUMN opportunities.marks.config_hash IS 'hash of the configuration it ran with';;
COMMENT ON COLUMN opportunities.marks.recorded_at IS 'our clock when the row was written (UTC); outside every hash';;
CREATE INDEX marks_vendor_opportunity_id_ix ON opportunities.marks (vendor, opportunity_id);;
create trigger append_only before update or delete on opportunities.marks for each row execute function operations.refuse_change();;
create trigger append_only_truncate before truncate on opportunities.marks for each statement execute function operations.refuse_change();;
CREATE TABLE opportunities.signals (
    vendor TEXT COLLATE "C" NOT NULL,
    session DATE NOT NULL,
    signal_id TEXT COLLATE "C" NOT NULL,
    symbol TEXT COLLATE "C" NOT NULL,
    strategy TEXT COLLATE "C" NOT NULL,
    side TEXT COLLATE "C" NOT NULL,
    entry_price DOUBLE PRECISION NOT NULL,
    stop_price DOUBLE PRECISION NOT NULL,
    target_price DOUBLE PRECISION NOT NULL,
    confidence DOUBLE PRECISION NOT NULL,
    confirmations BIGINT NOT NULL,
    available_at TIMESTAMP WITH TIME ZONE NOT NULL,
    code_version TEXT COLLATE "C" NOT NULL,
    config_hash TEXT COLLATE "C" NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT signals_pk PRIMARY KEY (vendor, session, signal_id, available_at),
    CONSTRAINT signals_side_ck CHECK (side in ('long', 'short'))
) /* partition by session */;;
COMMENT ON TABLE opportunities.signals IS 'Signals of the strategies on bars.';;
COMMENT ON COLUMN opportunities.signals.vendor IS 'whose market the row is about';;
COMMENT ON COLUMN opportunities.signals.session IS 'exchange session that the row belongs to';;
COMMENT ON COLUMN opportunities.signals.signal_id IS 'sha256 of vendor, session, symbol and strategy';;
COMMENT ON COLUMN opportunities.signals.symbol IS 'instrument';;
COMMENT ON COLUMN opportunities.signals.strategy IS 'strategy that gave it';;
COMMENT ON COLUMN opportunities.signals.side IS 'long or short';;
COMMENT ON COLUMN opportunities.signals.entry_price IS 'close at which it was given';;
COMMENT ON COLUMN opportunities.signals.stop_price IS 'price at which it is wrong';;
COMMENT ON COLUMN opportunities.signals.target_price IS 'price at which it has done its work';;
COMMENT ON COLUMN opportunities.signals.confidence IS 'how far its conditions are met, 0 to 1';;
COMMENT ON COLUMN opportunities.signals.confirmations IS 'conditions that are met';;
COMMENT ON COLUMN opportunities.signals.available_at IS 'when the market could know the row (UTC); receipt for a correction';;
COMMENT ON COLUMN opportunities.signals.code_version IS 'hash of the source of the code that made the row';;
COMMENT ON COLUMN opportunities.signals.config_hash IS 'hash of the configuration it ran with';;
COMMENT ON COLUMN opportunities.signals.recorded_at IS 'our clock when the row was written (UTC); outside every hash';;
create trigger append_only before update or delete on opportunities.signals for each row execute function operations.refuse_change();;
create trigger append_only_truncate before truncate on opportunities.signals for each statement execute function operations.refuse_change();;
CREATE TABLE policy.weights (
    vendor TEXT COLLATE "C" NOT NULL,
    session DATE NOT NULL,
    candidate TEXT COLLATE "C" NOT NULL,
    price_match DOUBLE PRECISION NOT NULL,
    vol_mispricing DOUBLE PRECISION NOT NULL,
    stability DOUBLE PRECISION NOT NULL,
    fourier DOUBLE PRECISION NOT NULL,
    expected_reward_pct DOUBLE PRECISION NOT NULL,
    observed_sessions BIGINT NOT NULL,
    candidates_json TEXT COLLATE "C" NOT NULL,
    available_at TIMESTAMP WITH TIME ZONE NOT NULL,
    code_version TEXT COLLATE "C" NOT NULL,
    config_hash TEXT COLLATE "C" NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT weights_pk PRIMARY KEY (vendor, session, available_at)
);;
COMMENT ON TABLE policy.weights IS 'The analyzer''s weights as the policy chose them for the learned arm.';;
COMMENT ON COLUMN policy.weights.vendor IS 'whose market the row is about';;
COMMENT ON COLUMN policy.weights.session IS 'exchange session that the row belongs to';;
COMMENT ON COLUMN policy.weights.candidate IS 'name of the weighting that was chosen';;
COMMENT ON COLUMN policy.weights.price_match IS 'weight of the price match';;
COMMENT ON COLUMN policy.weights.vol_mispricing IS 'weight of the volatility mispricing';;
COMMENT ON COLUMN policy.weights.stability IS 'weight of the stability';;
COMMENT ON COLUMN policy.weights.fourier IS 'weight of the cycles'' alignment';;
COMMENT ON COLUMN policy.weights.expected_reward_pct IS 'what its matured picks returned on average, shrunk; per cent of cost';;
COMMENT ON COLUMN policy.weights.observed_sessions IS 'matured sessions that it was judged by';;
COMMENT ON COLUMN policy.weights.candidates_json IS 'what every candidate had returned, and its draw, as JSON';;
COMMENT ON COLUMN policy.weights.available_at IS 'when the market could know the row (UTC); receipt for a correction';;
COMMENT ON COLUMN policy.weights.code_version IS 'hash of the source of the code that made the row';;
COMMENT ON COLUMN policy.weights.config_hash IS 'hash of the configuration it ran with';;
COMMENT ON COLUMN policy.weights.recorded_at IS 'our clock when the row was written (UTC); outside every hash';;
create trigger append_only before update or delete on policy.weights for each row execute function operations.refuse_change();;
create trigger append_only_truncate before truncate on policy.weights for each statement execute function operations.refuse_change();;
CREATE TABLE registry.models (
    model_id TEXT COLLATE "C" NOT NULL,
    vendor TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    version TEXT COLLATE "C" NOT NULL,
    content_hash TEXT COLLATE "C" NOT NULL,
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
    file_hash TEXT COLLATE "C" NOT NULL,
    onnx_uri TEXT COLLATE "C",
    card_json TEXT COLLATE "C" NOT NULL,
    code_version TEXT COLLATE "C" NOT NULL,
    config_hash TEXT COLLATE "C" NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT models_pk PRIMARY KEY (model_id),
    CONSTRAINT models_vendor_name_version_content_hash_uq UNIQUE (vendor, name, version, content_hash),
    CONSTRAINT models_window_ck CHECK (training_first_session <= training_last_session and training_last_session <= vintage_session)
);;
COMMENT ON TABLE registry.models IS 'Every fitted model, named by its content, with what it was fitted on and how well it did.';;
COMMENT ON COLUMN registry.models.model_id IS 'sha256 of vendor, name, vintage and the hash of what was fitted';;
COMMENT ON COLUMN registry.models.vendor IS 'whose market it was fitted on';;
COMMENT ON COLUMN registry.models.name IS 'the model''s name; its versions share it';;
COMMENT ON COLUMN registry.models.version IS 'version under that name';;
COMMENT ON COLUMN registry.models.content_hash IS 'hash of what was fitted (trees, means), whatever file it stands in';;
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
COMMENT ON COLUMN registry.models.file_hash IS 'sha256 of that file''s bytes, checked before it is loaded';;
COMMENT ON COLUMN registry.models.onnx_uri IS 'the same model as ONNX; null when it did not pass the parity gate';;
COMMENT ON COLUMN registry.models.card_json IS 'the model card: window, features, metrics with intervals, gate, importances, as JSON';;
COMMENT ON COLUMN registry.models.code_version IS 'hash of the source of the code that made the row';;
COMMENT ON COLUMN registry.models.config_hash IS 'hash of the configuration it ran with';;
COMMENT ON COLUMN registry.models.recorded_at IS 'our clock when the row was written (UTC); outside every hash';;
create trigger append_only before update or delete on registry.models for each row execute function operations.refuse_change();;
create trigger append_only_truncate before truncate on registry.models for each statement execute function operations.refuse_change();;
CREATE TABLE registry.standing (
    vendor TEXT COLLATE "C" NOT NULL,
    session DATE NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    production_model_id TEXT COLLATE "C",
    shadow_model_ids TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    available_at TIMESTAMP WITH TIME ZONE NOT NULL,
    code_version TEXT COLLATE "C" NOT NULL,
    config_hash TEXT COLLATE "C" NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT standing_pk PRIMARY KEY (vendor, session, name, available_at)
);;
COMMENT ON TABLE registry.standing IS 'Which model stands in each session: the one that decides, and those that are watched.';;
COMMENT ON COLUMN registry.standing.vendor IS 'whose market the row is about';;
COMMENT ON COLUMN registry.standing.session IS 'exchange session that the row belongs to';;
COMMENT ON COLUMN registry.standing.name IS 'what the model is for, such as success';;
COMMENT ON COLUMN registry.standing.production_model_id IS 'the model that decides; null when none does';;
COMMENT ON COLUMN registry.standing.shadow_model_ids IS 'models that are only watched, oldest first, comma-separated; may be empty';;
COMMENT ON COLUMN registry.standing.reason IS 'why it is so, in one line';;
COMMENT ON COLUMN registry.standing.available_at IS 'when the market could know the row (UTC); receipt for a correction';;
COMMENT ON COLUMN registry.standing.code_version IS 'hash of the source of the code that made the row';;
COMMENT ON COLUMN registry.standing.config_hash IS 'hash of the configuration it ran with';;
COMMENT ON COLUMN registry.standing.recorded_at IS 'our clock when the row was written (UTC); outside every hash';;
create trigger append_only before update or delete on registry.standing for each row execute function operations.refuse_change();;
create trigger append_only_truncate before truncate on registry.standing for each statement execute function operations.refuse_change();;
CREATE TABLE trading.books (
    vendor TEXT COLLATE "C" NOT NULL,
    session DATE NOT NULL,
    arm TEXT COLLATE "C" NOT NULL,
    equity_usd DOUBLE PRECISION NOT NULL,
    cash_usd DOUBLE PRECISION NOT NULL,
    positions BIGINT NOT NULL,
    peak_usd DOUBLE PRECISION NOT NULL,
    drawdown_pct DOUBLE PRECISION NOT NULL,
    losses_in_a_row BIGINT NOT NULL,
    killed TEXT COLLATE "C",
    book_json TEXT COLLATE "C" NOT NULL,
    available_at TIMESTAMP WITH TIME ZONE NOT NULL,
    code_version TEXT COLLATE "C" NOT NULL,
    config_hash TEXT COLLATE "C" NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT books_pk PRIMARY KEY (vendor, session, arm, available_at)
);;
COMMENT ON TABLE trading.books IS 'Each arm''s book after the session: the state from which the next one goes on.';;
COMMENT ON COLUMN trading.books.vendor IS 'whose market the row is about';;
COMMENT ON COLUMN trading.books.session IS 'exchange session that the row belongs to';;
COMMENT ON COLUMN trading.books.arm IS 'ButterA (static weights) or ButterB (learned weights)';;
COMMENT ON COLUMN trading.books.equity_usd IS 'cash and what the open positions would fetch';;
COMMENT ON COLUMN trading.books.cash_usd IS 'cash';;
COMMENT ON COLUMN trading.books.positions IS 'open positions';;
COMMENT ON COLUMN trading.books.peak_usd IS 'highest equity so far';;
COMMENT ON COLUMN trading.books.drawdown_pct IS 'how far equity is below its peak';;
COMMENT ON COLUMN trading.books.losses_in_a_row IS 'closed positions lost since the last one won';;
COMMENT ON COLUMN trading.books.killed IS 'why the learned parts stand aside; null when they do not';;
COMMENT ON COLUMN trading.books.book_json IS 'the whole book, from which the next session goes on';;
COMMENT ON COLUMN trading.books.available_at IS 'when the market could know the row (UTC); receipt for a correction';;
COMMENT ON COLUMN trading.books.code_version IS 'hash of the source of the code that made the row';;
COMMENT ON COLUMN trading.books.config_hash IS 'hash of the configuration it ran with';;
COMMENT ON COLUMN trading.books.recorded_at IS 'our clock when the row was written (UTC); outside every hash';;
create trigger append_only before update or delete on trading.books for each row execute function operations.refuse_change();;
create trigger append_only_truncate before truncate on trading.books for each statement execute function operations.refuse_change();;
CREATE TABLE trading.decisions (
    vendor TEXT COLLATE "C" NOT NULL,
    session DATE NOT NULL,
    decision_id TEXT COLLATE "C" NOT NULL,
    decision_at TIMESTAMP WITH TIME ZONE NOT NULL,
    arm TEXT COLLATE "C" NOT NULL,
    opportunity_id TEXT COLLATE "C" NOT NULL,
    symbol TEXT COLLATE "C" NOT NULL,
    prediction_id TEXT COLLATE "C",
    score DOUBLE PRECISION NOT NULL,
    success_probability DOUBLE PRECISION NOT NULL,
    action TEXT COLLATE "C" NOT NULL,
    quantity BIGINT NOT NULL,
    size_multiplier DOUBLE PRECISION NOT NULL,
    weights_json TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    limits_hit TEXT COLLATE "C" NOT NULL,
    killed TEXT COLLATE "C",
    available_at TIMESTAMP WITH TIME ZONE NOT NULL,
    code_version TEXT COLLATE "C" NOT NULL,
    config_hash TEXT COLLATE "C" NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT decisions_pk PRIMARY KEY (vendor, session, decision_id, available_at),
    CONSTRAINT decisions_arm_ck CHECK (arm in ('ButterA', 'ButterB')),
    CONSTRAINT decisions_action_ck CHECK (action in ('take', 'reduce_size', 'skip')),
    CONSTRAINT decisions_quantity_ck CHECK (quantity >= 0),
    CONSTRAINT decisions_size_multiplier_ck CHECK (size_multiplier >= 0)
);;
COMMENT ON TABLE trading.decisions IS 'What each arm decided about each opportunity, with everything the decision rested on.';;
COMMENT ON COLUMN trading.decisions.vendor IS 'whose market the row is about';;
COMMENT ON COLUMN trading.decisions.session IS 'exchange session that the row belongs to';;
COMMENT ON COLUMN trading.decisions.decision_id IS 'sha256 of vendor, arm, opportunity and decision time';;
COMMENT ON COLUMN trading.decisions.decision_at IS 'the moment of decision (UTC)';;
COMMENT ON COLUMN trading.decisions.arm IS 'ButterA (static weights) or ButterB (learned weights)';;
COMMENT ON COLUMN trading.decisions.opportunity_id IS 'the opportunity it is about';;
COMMENT ON COLUMN trading.decisions.symbol IS 'underlying instrument';;
COMMENT ON COLUMN trading.decisions.prediction_id IS 'the prediction it rests on; null when it rests on the baseline';;
COMMENT ON COLUMN trading.decisions.score IS 'the arm''s weighted score of the opportunity, 0 to 100';;
COMMENT ON COLUMN trading.decisions.success_probability IS 'the probability that the rule was applied to';;
COMMENT ON COLUMN trading.decisions.action IS 'take, reduce_size or skip';;
COMMENT ON COLUMN trading.decisions.quantity IS 'butterflies to open; 0 when skipped';;
COMMENT ON COLUMN trading.decisions.size_multiplier IS 'factor on the base size';;
COMMENT ON COLUMN trading.decisions.weights_json IS 'the analyzer''s weights at that moment, as JSON';;
COMMENT ON COLUMN trading.decisions.reason IS 'why, in one line';;
COMMENT ON COLUMN trading.decisions.limits_hit IS 'names of the hard limits that cut it, comma-separated; empty when none';;
COMMENT ON COLUMN trading.decisions.killed IS 'why the learned parts stood aside; null when they did not';;
COMMENT ON COLUMN trading.decisions.available_at IS 'when the market could know the row (UTC); receipt for a correction';;
COMMENT ON COLUMN trading.decisions.code_version IS 'hash of the source of the code that made the row';;
COMMENT ON COLUMN trading.decisions.config_hash IS 'hash of the configuration it ran with';;
COMMENT ON COLUMN trading.decisions.recorded_at IS 'our clock when the row was written (UTC); outside every hash';;
create trigger append_only before update or delete on trading.decisions for each row execute function operations.refuse_change();;
create trigger append_only_truncate before truncate on trading.decisions for each statement execute function operations.refuse_change();;
CREATE TABLE trading.executions (
    vendor TEXT COLLATE "C" NOT NULL,
    session DATE NOT NULL,
    execution_id TEXT COLLATE "C" NOT NULL,
    order_intent_id TEXT COLLATE "C" NOT NULL,
    arm TEXT COLLATE "C" NOT NULL,
    order_ref TEXT COLLATE "C" NOT NULL,
    purpose TEXT COLLATE "C" NOT NULL,
    opportunity_id TEXT COLLATE "C" NOT NULL,
    symbol TEXT COLLATE "C" NOT NULL,
    quantity BIGINT NOT NULL,
    price_usd DOUBLE PRECISION NOT NULL,
    cash_usd DOUBLE PRECISION NOT NULL,
    available_at TIMESTAMP WITH TIME ZONE NOT NULL,
    code_version TEXT COLLATE "C" NOT NULL,
    config_hash TEXT COLLATE "C" NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT executions_pk PRIMARY KEY (vendor, session, execution_id, available_at),
    CONSTRAINT executions_arm_ck CHECK (arm in ('ButterA', 'ButterB')),
    CONSTRAINT executions_quantity_ck CHECK (quantity >= 1)
);;
COMMENT ON TABLE trading.executions IS 'Orders as they were filled, per arm.';;
COMMENT ON COLUMN trading.executions.vendor IS 'whose market the row is about';;
COMMENT ON COLUMN trading.executions.session IS 'exchange session that the row belongs to';;
COMMENT ON COLUMN trading.executions.execution_id IS 'sha256 of the order intent and the session';;
COMMENT ON COLUMN trading.executions.order_intent_id IS 'the order intent that was filled';;
COMMENT ON COLUMN trading.executions.arm IS 'ButterA (static weights) or ButterB (learned weights)';;
COMMENT ON COLUMN trading.executions.order_ref IS 'as the broker echoed it';;
COMMENT ON COLUMN trading.executions.purpose IS 'open or close';;
COMMENT ON COLUMN trading.executions.opportunity_id IS 'the opportunity it is about';;
COMMENT ON COLUMN trading.executions.symbol IS 'underlying instrument';;
COMMENT ON COLUMN trading.executions.quantity IS 'butterflies';;
COMMENT ON COLUMN trading.executions.price_usd IS 'per butterfly: paid to open, received to close, costs included';;
COMMENT ON COLUMN trading.executions.cash_usd IS 'what it did to the arm''s cash';;
COMMENT ON COLUMN trading.executions.available_at IS 'when the market could know the row (UTC); receipt for a correction';;
COMMENT ON COLUMN trading.executions.code_version IS 'hash of the source of the code that made the row';;
COMMENT ON COLUMN trading.executions.config_hash IS 'hash of the configuration it ran with';;
COMMENT ON COLUMN trading.executions.recorded_at IS 'our clock when the row was written (UTC); outside every hash';;
create trigger append_only before update or delete on trading.executions for each row execute function operations.refuse_change();;
create trigger append_only_truncate before truncate on trading.executions for each statement execute function operations.refuse_change();;
CREATE TABLE trading.order_intents (
    vendor TEXT COLLATE "C" NOT NULL,
    session DATE NOT NULL,
    order_intent_id TEXT COLLATE "C" NOT NULL,
    arm TEXT COLLATE "C" NOT NULL,
    order_ref TEXT COLLATE "C" NOT NULL,
    purpose TEXT COLLATE "C" NOT NULL,
    opportunity_id TEXT COLLATE "C" NOT NULL,
    decision_id TEXT COLLATE "C",
    symbol TEXT COLLATE "C" NOT NULL,
    expiry DATE NOT NULL,
    option_right TEXT COLLATE "C" NOT NULL,
    lower_strike DOUBLE PRECISION NOT NULL,
    body_strike DOUBLE PRECISION NOT NULL,
    upper_strike DOUBLE PRECISION NOT NULL,
    quantity BIGINT NOT NULL,
    limit_usd DOUBLE PRECISION,
    fill_session DATE NOT NULL,
    available_at TIMESTAMP WITH TIME ZONE NOT NULL,
    code_version TEXT COLLATE "C" NOT NULL,
    config_hash TEXT COLLATE "C" NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT order_intents_pk PRIMARY KEY (vendor, session, order_intent_id, available_at),
    CONSTRAINT order_intents_arm_ck CHECK (arm in ('ButterA', 'ButterB')),
    CONSTRAINT order_intents_purpose_ck CHECK (purpose in ('open', 'close')),
    CONSTRAINT order_intents_quantity_ck CHECK (quantity >= 1)
);;
COMMENT ON TABLE trading.order_intents IS 'Orders that are wanted: the outbox of whoever holds the broker''s connection.';;
COMMENT ON COLUMN trading.order_intents.vendor IS 'whose market the row is about';;
COMMENT ON COLUMN trading.order_intents.session IS 'exchange session that the row belongs to';;
COMMENT ON COLUMN trading.order_intents.order_intent_id IS 'sha256 of vendor, arm, opportunity and purpose';;
COMMENT ON COLUMN trading.order_intents.arm IS 'ButterA (static weights) or ButterB (learned weights)';;
COMMENT ON COLUMN trading.order_intents.order_ref IS 'what the broker is told, and echoes: the arm';;
COMMENT ON COLUMN trading.order_intents.purpose IS 'open or close';;
COMMENT ON COLUMN trading.order_intents.opportunity_id IS 'the opportunity it is about';;
COMMENT ON COLUMN trading.order_intents.decision_id IS 'the decision that asks for it; null when time asks';;
COMMENT ON COLUMN trading.order_intents.symbol IS 'underlying instrument';;
COMMENT ON COLUMN trading.order_intents.expiry IS 'last session of the contracts';;
COMMENT ON COLUMN trading.order_intents.option_right IS 'C for calls, P for puts';;
COMMENT ON COLUMN trading.order_intents.lower_strike IS 'strike of the lower wing';;
COMMENT ON COLUMN trading.order_intents.body_strike IS 'strike of the body, sold twice';;
COMMENT ON COLUMN trading.order_intents.upper_strike IS 'strike of the upper wing';;
COMMENT ON COLUMN trading.order_intents.quantity IS 'butterflies';;
COMMENT ON COLUMN trading.order_intents.limit_usd IS 'worst price accepted per butterfly; null for the market''s';;
COMMENT ON COLUMN trading.order_intents.fill_session IS 'the session in which it is to be filled';;
COMMENT ON COLUMN trading.order_intents.available_at IS 'when the market could know the row (UTC); receipt for a correction';;
COMMENT ON COLUMN trading.order_intents.code_version IS 'hash of the source of the code that made the row';;
COMMENT ON COLUMN trading.order_intents.config_hash IS 'hash of the configuration it ran with';;
COMMENT ON COLUMN trading.order_intents.recorded_at IS 'our clock when the row was written (UTC); outside every hash';;
create trigger append_only before update or delete on trading.order_intents for each row execute function operations.refuse_change();;
create trigger append_only_truncate before truncate on trading.order_intents for each statement execute function operations.refuse_change();;
CREATE TABLE trading.outcomes (
    vendor TEXT COLLATE "C" NOT NULL,
    session DATE NOT NULL,
    outcome_id TEXT COLLATE "C" NOT NULL,
    arm TEXT COLLATE "C" NOT NULL,
    opportunity_id TEXT COLLATE "C" NOT NULL,
    symbol TEXT COLLATE "C" NOT NULL,
    prediction_id TEXT COLLATE "C",
    decided_session DATE NOT NULL,
    entry_session DATE NOT NULL,
    quantity BIGINT NOT NULL,
    success_probability DOUBLE PRECISION NOT NULL,
    entry_cost_usd DOUBLE PRECISION NOT NULL,
    exit_value_usd DOUBLE PRECISION NOT NULL,
    profit_usd DOUBLE PRECISION NOT NULL,
    profit_pct DOUBLE PRECISION NOT NULL,
    is_profitable BIGINT NOT NULL,
    hold_sessions BIGINT NOT NULL,
    available_at TIMESTAMP WITH TIME ZONE NOT NULL,
    code_version TEXT COLLATE "C" NOT NULL,
    config_hash TEXT COLLATE "C" NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT outcomes_pk PRIMARY KEY (vendor, session, outcome_id, available_at),
    CONSTRAINT outcomes_arm_ck CHECK (arm in ('ButterA', 'ButterB'))
);;
COMMENT ON TABLE trading.outcomes IS 'What every closed position came to.';;
COMMENT ON COLUMN trading.outcomes.vendor IS 'whose market the row is about';;
COMMENT ON COLUMN trading.outcomes.session IS 'exchange session that the row belongs to';;
COMMENT ON COLUMN trading.outcomes.outcome_id IS 'sha256 of vendor, arm and opportunity';;
COMMENT ON COLUMN trading.outcomes.arm IS 'ButterA (static weights) or ButterB (learned weights)';;
COMMENT ON COLUMN trading.outcomes.opportunity_id IS 'the opportunity it is about';;
COMMENT ON COLUMN trading.outcomes.symbol IS 'underlying instrument';;
COMMENT ON COLUMN trading.outcomes.prediction_id IS 'the prediction its decision rested on';;
COMMENT ON COLUMN trading.outcomes.decided_session IS 'session after whose close it was decided';;
COMMENT ON COLUMN trading.outcomes.entry_session IS 'session in which it was opened';;
COMMENT ON COLUMN trading.outcomes.quantity IS 'butterflies';;
COMMENT ON COLUMN trading.outcomes.success_probability IS 'the probability that its decision rested on';;
COMMENT ON COLUMN trading.outcomes.entry_cost_usd IS 'paid per butterfly, costs included';;
COMMENT ON COLUMN trading.outcomes.exit_value_usd IS 'received per butterfly, costs taken off';;
COMMENT ON COLUMN trading.outcomes.profit_usd IS 'profit of the whole position';;
COMMENT ON COLUMN trading.outcomes.profit_pct IS 'profit in percent of what was paid';;
COMMENT ON COLUMN trading.outcomes.is_profitable IS '1 when the profit is above zero';;
COMMENT ON COLUMN trading.outcomes.hold_sessions IS 'sessions from entry to exit';;
COMMENT ON COLUMN trading.outcomes.available_at IS 'when the market could know the row (UTC); receipt for a correction';;
COMMENT ON COLUMN trading.outcomes.code_version IS 'hash of the source of the code that made the row';;
COMMENT ON COLUMN trading.outcomes.config_hash IS 'hash of the configuration it ran with';;
COMMENT ON COLUMN trading.outcomes.recorded_at IS 'our clock when the row was written (UTC); outside every hash';;
create trigger append_only before update or delete on trading.outcomes for each row execute function operations.refuse_change();;
create trigger append_only_truncate before truncate on trading.outcomes for each statement execute function operations.refuse_change();;
CREATE TABLE drift.retraining_intents (
    intent_id TEXT COLLATE "C" NOT NULL,
    vendor TEXT COLLATE "C" NOT NULL,
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
COMMENT ON COLUMN drift.retraining_intents.vendor IS 'whose market it is about';;
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
    vendor TEXT COLLATE "C" NOT NULL,
    session DATE NOT NULL,
    prediction_id TEXT COLLATE "C" NOT NULL,
    decision_at TIMESTAMP WITH TIME ZONE NOT NULL,
    opportunity_id TEXT COLLATE "C" NOT NULL,
    symbol TEXT COLLATE "C" NOT NULL,
    strategy TEXT COLLATE "C" NOT NULL,
    model_id TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    success_probability DOUBLE PRECISION NOT NULL,
    market_probability DOUBLE PRECISION NOT NULL,
    confidence DOUBLE PRECISION NOT NULL,
    recommendation TEXT COLLATE "C" NOT NULL,
    features_hash TEXT COLLATE "C" NOT NULL,
    horizon_sessions BIGINT NOT NULL,
    expected_return_pct DOUBLE PRECISION,
    risk_score DOUBLE PRECISION,
    available_at TIMESTAMP WITH TIME ZONE NOT NULL,
    code_version TEXT COLLATE "C" NOT NULL,
    config_hash TEXT COLLATE "C" NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT predictions_pk PRIMARY KEY (vendor, session, prediction_id, available_at),
    CONSTRAINT predictions_model_id_fk FOREIGN KEY(model_id) REFERENCES registry.models (model_id),
    CONSTRAINT predictions_success_probability_ck CHECK (success_probability between 0 and 1),
    CONSTRAINT predictions_market_probability_ck CHECK (market_probability between 0 and 1),
    CONSTRAINT predictions_risk_score_ck CHECK (risk_score between 0 and 1),
    CONSTRAINT predictions_confidence_ck CHECK (confidence between 0 and 1),
    CONSTRAINT predictions_horizon_sessions_ck CHECK (horizon_sessions >= 1),
    CONSTRAINT predictions_role_ck CHECK (role in ('production', 'shadow')),
    CONSTRAINT predictions_recommendation_ck CHECK (recommendation in ('take', 'reduce_size', 'skip'))
);;
COMMENT ON TABLE trading.predictions IS 'Every score of every opportunity by every model that was asked, taken or not.';;
COMMENT ON COLUMN trading.predictions.vendor IS 'whose market the row is about';;
COMMENT ON COLUMN trading.predictions.session IS 'exchange session that the row belongs to';;
COMMENT ON COLUMN trading.predictions.prediction_id IS 'sha256 of vendor, opportunity, model and decision time';;
COMMENT ON COLUMN trading.predictions.decision_at IS 'the moment of decision (UTC)';;
COMMENT ON COLUMN trading.predictions.opportunity_id IS 'the opportunity it is about';;
COMMENT ON COLUMN trading.predictions.symbol IS 'underlying instrument';;
COMMENT ON COLUMN trading.predictions.strategy IS 'strategy that found the opportunity';;
COMMENT ON COLUMN trading.predictions.model_id IS 'the model that scored it';;
COMMENT ON COLUMN trading.predictions.role IS 'production (it decides) or shadow (it is only watched)';;
COMMENT ON COLUMN trading.predictions.success_probability IS 'probability of a profit after costs';;
COMMENT ON COLUMN trading.predictions.market_probability IS 'the same probability as option prices imply it';;
COMMENT ON COLUMN trading.predictions.confidence IS 'twice the distance of the probability from a half';;
COMMENT ON COLUMN trading.predictions.recommendation IS 'take, reduce_size or skip';;
COMMENT ON COLUMN trading.predictions.features_hash IS 'content hash of the session''s feature matrix it was read from';;
COMMENT ON COLUMN trading.predictions.horizon_sessions IS 'sessions until the outcome is known';;
COMMENT ON COLUMN trading.predictions.expected_return_pct IS 'expected return on the cost, in percent';;
COMMENT ON COLUMN trading.predictions.risk_score IS 'probability of reaching the stop';;
COMMENT ON COLUMN trading.predictions.available_at IS 'when the market could know the row (UTC); receipt for a correction';;
COMMENT ON COLUMN trading.predictions.code_version IS 'hash of the source of the code that made the row';;
COMMENT ON COLUMN trading.predictions.config_hash IS 'hash of the configuration it ran with';;
COMMENT ON COLUMN trading.predictions.recorded_at IS 'our clock when the row was written (UTC); outside every hash';;
CREATE INDEX predictions_opportunity_id_ix ON trading.predictions (opportunity_id);;
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
COMMENT ON COLUMN drift.intent_events.state IS 'claimed, finished, failed, or closed (there is nothing to train)';;
COMMENT ON COLUMN drift.intent_events.run_id IS 'the run that claimed it; null when closed without one';;
COMMENT ON COLUMN drift.intent_events.reason IS 'what happened, in one line';;
COMMENT ON COLUMN drift.intent_events.recorded_at IS 'our clock when the row was written (UTC); outside every hash';;
CREATE UNIQUE INDEX intent_events_ending_ix ON drift.intent_events (intent_id, attempt) WHERE state <> 'claimed';;
CREATE UNIQUE INDEX intent_events_settled_ix ON drift.intent_events (intent_id) WHERE state in ('finished', 'closed');;
create trigger append_only before update or delete on drift.intent_events for each row execute function operations.refuse_change();;
create trigger append_only_truncate before truncate on drift.intent_events for each statement execute function operations.refuse_change();;
