{#
Rows that a table of labels does not have yet. `arrived` holds, per key, a version for every moment at which
something became known. A version is added when it says something else than the one before it. What stands is
never touched: where the latest version says something else than what stood already (the code or a setting
changed), it counts from the run's own receipt on.
#}
{% macro added_versions(arrived, key, values) -%}
{%- set said = values | join(', ') -%}
with arrived as (
    select *, lead(available_at) over (partition by session, {{ key }} order by available_at) is null as is_latest
    from {{ arrived }}
), stored as (
    {%- if is_incremental() %}
    select distinct on (session, {{ key }}) session, {{ key }}, {{ said }}, available_at
    from {{ this }}
    where vendor = {{ asked('vendor', 'text') }}
        and session between {{ asked('first', 'date') }} and {{ asked('last', 'date') }}
    order by session, {{ key }}, available_at desc
    {%- else %}
    select session, {{ key }}, {{ said }}, available_at from arrived where false
    {%- endif %}
), sequence as (
    select session, {{ key }}, {{ said }}, available_at, true as stands from stored
    union all
    select session, {{ key }}, {{ said }},
        case when arrived.available_at > coalesce(stored.available_at, '-infinity') then arrived.available_at
            else greatest({{ asked('received_at', 'timestamptz') }}, stored.available_at + interval '1 microsecond')
            end as available_at,
        false as stands
    from arrived left join (select session, {{ key }}, available_at from stored) as stored using (session, {{ key }})
    where is_latest or arrived.available_at > coalesce(stored.available_at, '-infinity')
), compared as (
    select *, row({{ said }}) is distinct from lag(row({{ said }})) over key_by_key as differs
    from sequence
    window key_by_key as (partition by session, {{ key }} order by available_at)
)
select {{ asked('vendor', 'text') }} collate "C" as vendor, session, {{ key }}, {{ said }}, available_at,
    {{ provenance() }}
from compared where differs and not stands
{%- endmacro %}
