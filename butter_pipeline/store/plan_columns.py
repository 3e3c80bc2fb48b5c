"""Where every column of the eight tables in the source plans lives here.

What belongs here: one home for each planned column, `schema.table.column`, or a frame's or file's column
in the lake; a home that does not exist yet names the stage that will bring it. What does not: the homes'
own definitions. A test proves that each column has a home and that the homes which should exist do.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Home:
    """Where a planned column lives; `stage` is empty when it exists, else the stage that will bring it."""

    place: str
    stage: str = ""


def _now(table: str, **columns: str) -> dict[str, Home]:
    """Columns of a table that exists; each planned name with the name it has here."""
    return {planned: Home(f"{table}.{column}") for planned, column in columns.items()}


def _later(stage: str, table: str, **columns: str) -> dict[str, Home]:
    """Columns of something that a later stage brings."""
    return {planned: Home(f"{table}.{column}", stage) for planned, column in columns.items()}


PLAN_COLUMNS: dict[str, dict[str, Home]] = {
    "MLSignalScore": {
        **_now(
            "trading.predictions",
            id="prediction_id",
            symbol="symbol",
            strategy="strategy",
            score="success_probability",
            confidence="confidence",
            features="features_hash",
            prediction="recommendation",
            createdAt="recorded_at",
        ),
        **_now("trading.decisions", userId="arm"),
        **_later("opportunities", "opportunities.signals", timeframe="timeframe"),
    },
    "MLModelTraining": {
        **_now(
            "registry.models",
            id="model_id",
            modelType="kind",
            modelVersion="version",
            trainingData="training_data_hash",
            hyperparameters="params_json",
            performance="metrics_json",
        ),
        **_now("learning.trials", status="state", startedAt="started_at", completedAt="finished_at"),
    },
    "StrategyOptimization": _later(
        "policy",
        "policy.tunings",
        id="tuning_id",
        userId="approved_by",
        strategy="strategy",
        originalParams="params_before_json",
        optimizedParams="params_after_json",
        performance="metrics_json",
        method="method",
        createdAt="recorded_at",
    ),
    "VolatilityPrediction": {
        **_later(
            "learning",
            "learning.volatility_forecasts",
            id="forecast_id",
            symbol="symbol",
            timeframe="timeframe",
            predicted="volatility_pct",
            confidence="confidence",
            features="features_hash",
            horizon="horizon_sessions",
            createdAt="recorded_at",
        ),
        **_later("labels", "labels.realised_volatility", actual="volatility_pct"),
    },
    "ml_trade_features": {
        **_later(
            "features",
            "features.matrix",
            id="opportunity_id",
            symbol="symbol",
            rsi="rsi_14",
            macd="macd",
            macd_signal="macd_signal",
            adx="adx_14",
            volume_ratio="volume_ratio",
            vwap_distance="vwap_distance_pct",
            ema9="ema_9",
            ema21="ema_21",
            spy_trend="index_trend",
            time_of_day="hour_of_day",
            day_of_week="day_of_week",
            market_regime="regime",
        ),
        **_now("market.context", vix_level="value"),
        **_now("market.candidates", ai_confidence="confidence", ai_source="source", ai_reasoning="reasoning"),
        **_now(
            "opportunities.signals", side="side", signal_confidence="confidence", confirmations_count="confirmations"
        ),
        **_later("opportunities", "opportunities.signals", confirmations="confirmations_json"),
        **_now("trading.executions", entry_price="price_usd", entry_timestamp="available_at"),
        **_now("trading.outcomes", trade_id="outcome_id"),
        **_later(
            "labels",
            "labels.signal_outcomes",
            is_profitable="is_profitable",
            profit_pct="profit_pct",
            hold_duration_minutes="hold_sessions",
            hit_target="hit_target",
            hit_stop="hit_stop",
            max_favorable_excursion="max_favorable_excursion_pct",
            max_adverse_excursion="max_adverse_excursion_pct",
        ),
        **_now("lake.manifest", created_at="recorded_at"),
    },
    "ml_models": {
        **_now(
            "registry.models",
            id="model_id",
            model_name="name",
            model_version="version",
            model_type="library",
            model_file_path="uri",
            training_samples="training_rows",
            training_start_date="training_first_session",
            training_end_date="training_last_session",
            features="features_json",
            hyperparameters="params_json",
            accuracy="accuracy",
            precision="precision",
            recall="recall",
            f1_score="f1",
            auc_roc="auc",
            created_at="recorded_at",
        ),
        **_now("registry.events", status="to_state", deployed_at="effective_session"),
    },
    "ml_predictions": {
        **_now(
            "trading.predictions",
            id="prediction_id",
            model_id="model_id",
            trade_id="opportunity_id",
            success_probability="success_probability",
            expected_return="expected_return_pct",
            risk_score="risk_score",
            ml_recommendation="recommendation",
            created_at="recorded_at",
        ),
        **_now("trading.decisions", confidence_adjustment="size_multiplier"),
        **_later("labels", "labels.butterfly_outcomes", actual_outcome="outcome", actual_return="profit_pct"),
        **_later("marts", "marts.calibration", prediction_error="error"),
    },
    "ml_performance": {
        **_later(
            "marts",
            "marts.arm_performance",
            id="performance_id",
            model_id="model_id",
            date="session",
            trades_count="trade_count",
            win_rate="win_rate",
            profit_factor="profit_factor",
            sharpe_ratio="sharpe_ratio",
            max_drawdown="max_drawdown_pct",
            total_return="total_return_pct",
            baseline_win_rate="baseline_win_rate",
            improvement_pct="improvement_pct",
            created_at="recorded_at",
        ),
        **_later(
            "marts",
            "marts.calibration",
            prediction_accuracy="accuracy",
            mean_absolute_error="mean_absolute_error",
        ),
    },
}
"""Planned table -> planned column -> home."""
