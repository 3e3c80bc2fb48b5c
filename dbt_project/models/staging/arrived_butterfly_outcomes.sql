-- What the butterflies that mature in the run's sessions came to: a row for every moment at which one of their
-- marks became known. Found eight sessions before (age 0), opened in the next (age 1), closed in the last (age 8).
-- Ages, not neighbouring rows, tell the sessions apart: a session that is blocked leaves a gap, which no row may fill.
with asked as (
    {{ asked_sessions() }}
), marks as (
    select asked.session as matured_session, as_of, opportunity_id, symbol, opened_session, age_sessions,
        lower_strike, upper_strike, available_at, nullif(underlying_price, 'NaN') as underlying_price,
        nullif(open_cost_usd, 'NaN') as cost_usd, nullif(close_value_usd, 'NaN') as value_usd
    from asked
    join ({{ calendar() }}) as opened on opened.place = asked.place - {{ asked('exit_age', 'bigint') }}
    join {{ source('opportunities', 'marks') }} as marks on marks.opened_session = opened.session
    where marks.vendor = {{ asked('vendor', 'text') }}
        and marks.session between {{ asked('look_back', 'date') }} and {{ asked('last', 'date') }}
        and marks.age_sessions <= {{ asked('exit_age', 'bigint') }}
        and marks.available_at <= {{ asked('received_at', 'timestamptz') }}
), moments as (
    select distinct matured_session, opportunity_id, greatest(available_at, as_of) as known_at from marks
), known as (
    select distinct on (matured_session, opportunity_id, known_at, age_sessions) moments.known_at, marks.*
    from moments join marks using (matured_session, opportunity_id)
    where marks.available_at <= moments.known_at
    order by matured_session, opportunity_id, known_at, age_sessions, available_at desc
), priced as (
    select *,
        max(cost_usd) filter (where age_sessions = 1) over one as entry_cost_usd,
        max(value_usd) filter (where age_sessions = {{ asked('exit_age', 'bigint') }}) over one as exit_value_usd
    from known
    window one as (partition by matured_session, opportunity_id, known_at)
), held as (
    select *,
        case when entry_cost_usd > 0 and exit_value_usd is not null and age_sessions >= 2
            then 100 * (value_usd - entry_cost_usd) / entry_cost_usd end as profit_at_close_pct
    from priced
), outcomes as (
    select matured_session as session, opportunity_id, known_at as available_at,
        max(symbol) as symbol, max(opened_session) as opened_session,
        max(entry_cost_usd) as entry_cost_usd, max(exit_value_usd) as exit_value_usd,
        max(profit_at_close_pct) as max_favourable_pct, min(profit_at_close_pct) as max_adverse_pct,
        min(age_sessions) filter (where profit_at_close_pct >= {{ asked('target_pct', 'double precision') }}) as target_age,
        min(age_sessions) filter (where profit_at_close_pct <= -{{ asked('stop_pct', 'double precision') }}) as stop_age,
        max((underlying_price between lower_strike and upper_strike)::int::bigint)
            filter (where age_sessions = {{ asked('exit_age', 'bigint') }}) as landed_in_zone
    from held
    group by matured_session, opportunity_id, known_at
)
select {{ asked('vendor', 'text') }} collate "C" as vendor, outcomes.session, opportunity_id, symbol, opened_session,
    entry.session as entry_session, entry_cost_usd, exit_value_usd,
    exit_value_usd - entry_cost_usd as profit_usd,
    case when entry_cost_usd > 0 then 100 * (exit_value_usd - entry_cost_usd) / entry_cost_usd end as profit_pct,
    (exit_value_usd > entry_cost_usd)::int::bigint as is_profitable,
    landed_in_zone,
    case when max_adverse_pct is not null then
        (target_age is not null and target_age < coalesce(stop_age, target_age + 1))::int::bigint end as hit_target,
    case when max_adverse_pct is not null then
        (stop_age is not null and stop_age < coalesce(target_age, stop_age + 1))::int::bigint end as hit_stop,
    case when max_adverse_pct is not null then
        least(target_age, stop_age, {{ asked('exit_age', 'bigint') }}) - 1 end as hold_sessions,
    max_favourable_pct, max_adverse_pct, available_at
from outcomes
join asked using (session)
join ({{ calendar() }}) as entry on entry.place = asked.place - {{ asked('exit_age', 'bigint') }} + 1
