-- One row per vendor and session: what every dataset that the lineage stands on came to, and whether all can be used.
-- Every session has settled by five in the afternoon in New York.
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
where asset in ('market/bars', 'market/chains', 'market/context')
group by vendor, session
