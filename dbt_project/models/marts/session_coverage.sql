-- One row per vendor and session: what every dataset came to, and whether the whole session can be used.
select
    vendor,
    session,
    count(*) as datasets,
    sum(rows)::bigint as rows,
    min(completeness_pct) as least_completeness_pct,
    bool_and(status in ('done', 'released')) as usable,
    string_agg(asset || ': ' || reason, '; ' order by asset) filter (where reason is not null) as reason
from {{ source('operations', 'latest_outcomes') }}
group by vendor, session
