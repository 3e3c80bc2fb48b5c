select performance.* from {{ ref('arm_performance') }} as performance
left join (
    select arm, sum(profit_usd) as profit_usd, count(*) as trades
    from {{ source('trading', 'outcomes') }}
    where vendor = {{ asked('vendor', 'text') }} and session <= {{ asked('last', 'date') }}
    group by arm
) as closed using (arm)
where performance.vendor = {{ asked('vendor', 'text') }} and performance.session = {{ asked('last', 'date') }}
    and (performance.closed_trades <> coalesce(closed.trades, 0)
        or abs(performance.profit_usd - coalesce(closed.profit_usd, 0)) > 0.01)
