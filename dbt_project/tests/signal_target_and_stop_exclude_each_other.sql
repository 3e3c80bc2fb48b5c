select * from {{ ref('arrived_signal_outcomes') }}
where hit_target + hit_stop > 1
    or (hit_target + hit_stop = 0 and hold_sessions <> {{ asked('exit_age', 'bigint') }} - 1)
    or max_adverse_pct > max_favourable_pct
