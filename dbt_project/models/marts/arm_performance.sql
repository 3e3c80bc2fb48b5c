{{ config(
    materialized='incremental', incremental_strategy='delete+insert', unique_key=['vendor', 'session'],
    indexes=[{'columns': ['vendor', 'session', 'arm'], 'unique': true}]
) }}
-- How each arm stood after the run's sessions, from its books and what it closed. Sums are exact decimals, so that
-- no order of adding and no range of sessions changes a bit. A year has 252 sessions, half of one 126.
with books as (
    select distinct on (session, arm) session, arm, equity_usd, drawdown_pct, positions, available_at
    from {{ source('trading', 'books') }}
    where vendor = {{ asked('vendor', 'text') }} and session <= {{ asked('last', 'date') }}
    order by session, arm, available_at
), closed as (
    select session, arm, count(*) as trades, sum(is_profitable) as won, sum(profit_usd::numeric) as profit_usd
    from {{ source('trading', 'outcomes') }}
    where vendor = {{ asked('vendor', 'text') }} and session <= {{ asked('last', 'date') }}
    group by session, arm
), daily as (
    select books.*, coalesce(trades, 0) as trades, coalesce(won, 0) as won, coalesce(profit_usd, 0) as profit_usd,
        100 * (equity_usd / lag(equity_usd) over (partition by arm order by session) - 1) as return_pct
    from books left join closed using (session, arm)
), summed as (
    select session, arm, equity_usd, return_pct, drawdown_pct, positions, available_at,
        sum(trades) over to_date as closed_trades,
        sum(won) over to_date as won,
        sum(profit_usd) over to_date as profit_usd,
        sum(trades) over half_year as recent_closed_trades,
        sum(won) over half_year as recent_won,
        sum(profit_usd) over half_year as recent_profit_usd,
        count(return_pct) over year as returns,
        avg(return_pct::numeric) over year as mean_return_pct,
        nullif(stddev_samp(return_pct::numeric) over year, 0) as deviation_pct
    from daily
    window to_date as (partition by arm order by session rows unbounded preceding),
        half_year as (partition by arm order by session rows 125 preceding),
        year as (partition by arm order by session rows 251 preceding)
), measured as (
    select *, case when returns >= 20 then (mean_return_pct / deviation_pct)::double precision end as daily_sharpe
    from summed join ({{ asked_sessions() }}) as asked using (session)
)
select {{ asked('vendor', 'text') }} collate "C" as vendor, session, arm, equity_usd, return_pct, drawdown_pct,
    positions, closed_trades::bigint,
    (won / nullif(closed_trades, 0))::double precision as win_rate,
    profit_usd::double precision,
    recent_closed_trades::bigint,
    (recent_won / nullif(recent_closed_trades, 0))::double precision as recent_win_rate,
    recent_profit_usd::double precision,
    sqrt(252::double precision) * daily_sharpe as sharpe,
    sqrt(252::double precision) * sqrt((1 + daily_sharpe * daily_sharpe / 2) / returns) as sharpe_error,
    greatest(available_at, as_of) as available_at,
    {{ provenance() }}
from measured
