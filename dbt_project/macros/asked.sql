{# What the run asks for: one vendor's sessions, as known at a moment. #}

{% macro asked(name, kind) -%}
    {%- set run = var('asked') -%}
    {%- if run is none -%}
        null::{{ kind }}
    {%- else -%}
        {%- if run[name] is undefined %}{{ exceptions.raise_compiler_error('the run does not say ' ~ name) }}{% endif -%}
        '{{ (run[name] | string).replace("'", "''") }}'::{{ kind }}
    {%- endif -%}
{%- endmacro %}

{# The sessions that are to be made: `place` counts sessions of the exchange, `as_of` is when each had settled. #}
{% macro asked_sessions() -%}
    {%- set run = var('asked') -%}
    {%- if run is none or not run['sessions'] -%}
        select null::date as session, null::bigint as place, null::timestamptz as as_of where false
    {%- else -%}
        select * from (values
        {%- for session, place, as_of in run['sessions'] %}
            ('{{ session }}'::date, {{ place }}::bigint, '{{ as_of }}'::timestamptz){{ ',' if not loop.last }}
        {%- endfor %}
        ) as asked_sessions (session, place, as_of)
    {%- endif -%}
{%- endmacro %}

{# Every session of the exchange from the look-back of the first one asked for to the last. #}
{% macro calendar() -%}
    {%- set run = var('asked') -%}
    {%- if run is none or not run['calendar'] -%}
        select null::date as session, null::bigint as place where false
    {%- else -%}
        select * from (values
        {%- for session, place in run['calendar'] %}
            ('{{ session }}'::date, {{ place }}::bigint){{ ',' if not loop.last }}
        {%- endfor %}
        ) as calendar (session, place)
    {%- endif -%}
{%- endmacro %}

{# Columns that say how a row came about. #}
{% macro provenance() -%}
    {{ asked('code_version', 'text') }} as code_version,
    {{ asked('config_hash', 'text') }} as config_hash,
    {{ asked('recorded_at', 'timestamptz') }} as recorded_at
{%- endmacro %}

{# Tests look at what the run asked for: a table's age does not make them slower. #}
{% macro get_where_subquery(relation) -%}
    {%- if relation.schema in ('labels', 'marts') and var('asked') is not none -%}
        (select * from {{ relation }} where vendor = {{ asked('vendor', 'text') }}
            and session between {{ asked('first', 'date') }} and {{ asked('last', 'date') }}) as asked_rows
    {%- else -%}
        {{ relation }}
    {%- endif -%}
{%- endmacro %}
