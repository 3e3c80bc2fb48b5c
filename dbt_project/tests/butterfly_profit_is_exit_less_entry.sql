select * from {{ ref('arrived_butterfly_outcomes') }}
where profit_usd is distinct from exit_value_usd - entry_cost_usd
    or is_profitable is distinct from (profit_usd > 0)::int::bigint
