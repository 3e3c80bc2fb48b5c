{{ config(indexes=[{'columns': ['vendor', 'session', 'opportunity_id', 'available_at'], 'unique': true}]) }}
-- Adds what the table does not have yet; the columns are those of butter_pipeline/labels/frames.py.
{{ added_versions(ref('arrived_butterfly_outcomes'), 'opportunity_id', [
    'symbol', 'opened_session', 'entry_session', 'entry_cost_usd', 'exit_value_usd', 'profit_usd', 'profit_pct',
    'is_profitable', 'landed_in_zone', 'hit_target', 'hit_stop', 'hold_sessions', 'max_favourable_pct',
    'max_adverse_pct'
]) }}
