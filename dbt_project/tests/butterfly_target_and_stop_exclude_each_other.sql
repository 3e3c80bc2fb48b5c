select * from {{ ref('arrived_butterfly_outcomes') }}
where hit_target + hit_stop > 1 or max_adverse_pct > max_favourable_pct
