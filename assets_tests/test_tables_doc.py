"""docs/tables.md says what the schema says, and every planned column has a home that is really there."""

import re

import pytest

from butter_pipeline.market.frames import FRAMES
from butter_pipeline.settings import PROJECT_ROOT
from butter_pipeline.store.plan_columns import PLAN_COLUMNS, Home
from butter_pipeline.store.schema import METADATA, SCHEMAS, VIEWS
from butter_pipeline.store.tables_doc import page

PLANS = PROJECT_ROOT.parent / "shared" / "plans"
PLANNED = {
    "MLSignalScore": "id userId symbol timeframe strategy score confidence features prediction createdAt",
    "MLModelTraining": "id modelType modelVersion trainingData hyperparameters performance status startedAt "
    "completedAt",
    "StrategyOptimization": "id userId strategy originalParams optimizedParams performance method createdAt",
    "VolatilityPrediction": "id symbol timeframe predicted actual confidence features horizon createdAt",
    "ml_trade_features": "id trade_id symbol side entry_price entry_timestamp rsi macd macd_signal adx volume_ratio "
    "vwap_distance ema9 ema21 spy_trend vix_level time_of_day day_of_week market_regime ai_confidence ai_source "
    "ai_reasoning signal_confidence confirmations_count confirmations is_profitable profit_pct hold_duration_minutes "
    "hit_target hit_stop max_favorable_excursion max_adverse_excursion created_at",
    "ml_models": "id model_name model_version model_type model_file_path training_samples training_start_date "
    "training_end_date features hyperparameters accuracy precision recall f1_score auc_roc status deployed_at "
    "created_at",
    "ml_predictions": "id model_id trade_id success_probability expected_return risk_score ml_recommendation "
    "confidence_adjustment actual_outcome actual_return prediction_error created_at",
    "ml_performance": "id model_id date trades_count win_rate profit_factor sharpe_ratio max_drawdown total_return "
    "prediction_accuracy mean_absolute_error baseline_win_rate improvement_pct created_at",
}
HOMES = [(table, column, home) for table, homes in PLAN_COLUMNS.items() for column, home in homes.items()]


def exists(home: Home) -> bool:
    """Whether a table of ours or a frame in the lake has the column."""
    owner, column = home.place.rsplit(".", 1)
    if owner in METADATA.tables:
        return column in METADATA.tables[owner].columns
    return owner in FRAMES and column in FRAMES[owner].schema.names


def test_the_page_is_what_the_generator_prints() -> None:
    written = (PROJECT_ROOT / "docs" / "tables.md").read_text()
    assert written == page(), "run: python -m butter_pipeline.store.tables_doc > docs/tables.md"


def test_everything_has_a_comment_and_an_owner() -> None:
    assert all(SCHEMAS.values()) and all(view.comment for view in VIEWS)
    for table in METADATA.tables.values():
        assert table.schema in SCHEMAS and table.comment and table.info["owner"]
        assert [column.name for column in table.columns if not column.comment] == []


def test_the_page_names_every_table_view_and_column() -> None:
    sections = {section.split("\n", 1)[0]: section for section in page().split("\n### ")}
    for view in VIEWS:
        assert view.comment in sections[view.name]
    for table in METADATA.tables.values():
        for column in table.columns:
            assert (
                f"| `{column.name}` | " in sections[table.fullname] and str(column.comment) in sections[table.fullname]
            )
    for field in FRAMES["chains"].schema:
        assert f"| `{field.name}` | " in sections["chains"]


def test_every_planned_column_has_exactly_one_home() -> None:
    assert {table: sorted(homes) for table, homes in PLAN_COLUMNS.items()} == {
        table: sorted(columns.split()) for table, columns in PLANNED.items()
    }
    for table, column, home in HOMES:
        section = page().split(f"\n### {table}\n")[1].split("\n### ")[0]
        assert section.count(f"| `{column}` | `{home.place}` |") == 1


@pytest.mark.parametrize(("table", "column", "home"), HOMES, ids=lambda value: str(getattr(value, "place", value)))
def test_a_home_exists_or_names_the_stage_that_will_bring_it(table: str, column: str, home: Home) -> None:
    assert len(home.place.split(".")) == 3, f"{table}.{column}"
    assert exists(home) is not bool(home.stage), f"{table}.{column} lives at {home.place}, which says otherwise"


def test_the_list_of_planned_columns_is_the_plans_own() -> None:
    if not PLANS.is_dir():
        pytest.skip("the plans do not lie beside the project")
    text = "\n".join(path.read_text(errors="replace") for path in sorted(PLANS.glob("00[12]*.txt")))
    bodies = dict(re.findall(r"^model (\w+) \{\n(.*?)^\}", text, re.S | re.M))
    bodies |= dict(re.findall(r"^CREATE TABLE (\w+) \(\n(.*?)^\);", text, re.S | re.M))
    column = re.compile(r"^\s+(\w+)\s+\w+", re.M)
    found = {
        table: [match[1] for line in body.splitlines() if "@relation" not in line and (match := column.match(line))]
        for table, body in bodies.items()
    }
    assert found == {table: columns.split() for table, columns in PLANNED.items()}
