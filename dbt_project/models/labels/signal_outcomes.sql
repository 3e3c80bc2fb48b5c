{{ config(indexes=[{'columns': ['vendor', 'session', 'signal_id', 'available_at'], 'unique': true}]) }}
-- Adds what the table does not have yet; the columns are those of butter_pipeline/labels/frames.py.
{{ added_versions(ref('arrived_signal_outcomes'), 'signal_id', [
    'symbol', 'strategy', 'side', 'opened_session', 'entry_session', 'entry_price', 'exit_price', 'profit_pct',
    'is_profitable', 'hit_target', 'hit_stop', 'hold_sessions', 'max_favourable_pct', 'max_adverse_pct'
]) }}
