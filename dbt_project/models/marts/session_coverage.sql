-- One row per vendor and session: what every raw dataset came to, and whether the whole session can be used.
-- Every session has settled by five in the afternoon in New York. Most vendors offer no actions: nothing to remark on.
select
    vendor,
    session,
    count(*) as datasets,
    sum(rows)::bigint as rows,
    min(completeness_pct) as least_completeness_pct,
    bool_and(status in ('done', 'released')) as usable,
    string_agg(asset || ': ' || reason, '; ' order by asset) filter (where reason is not null) as reason,
    (session + time '17:00') at time zone 'America/New_York' as available_at
from {{ source('operations', 'latest_outcomes') }}
where asset like 'market/%' and not coalesce(asset = 'market/actions' and reason like '% offers no actions', false)
group by vendor, session
