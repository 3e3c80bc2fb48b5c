{{ config(
    materialized='incremental', incremental_strategy='delete+insert', unique_key=['vendor', 'session'],
    indexes=[{'columns': ['vendor', 'session', 'model_id', 'bucket'], 'unique': true}]
) }}
-- Whether what the deciding models said came true: predictions that matured in the last 126 sessions, by tenths of
-- their probability, with their labels as known when the session had settled. Added up once per session, bucket and
-- span in which a label stood, as exact decimals; each session then adds up what stood at its own moment.
with asked as (
    {{ asked_sessions() }}
), calendar as (
    {{ calendar() }}
), labels as (
    select session, opportunity_id, opened_session, is_profitable, available_at as stood_from,
        coalesce(lead(available_at) over (partition by session, opportunity_id order by available_at), 'infinity')
            as stood_until
    from {{ ref('butterfly_outcomes') }}
    where vendor = {{ asked('vendor', 'text') }}
        and session between {{ asked('look_back', 'date') }} and {{ asked('last', 'date') }}
), predictions as (
    select session as opened_session, opportunity_id, model_id, success_probability, market_probability,
        least(floor(10 * success_probability), 9)::bigint as bucket
    from {{ source('trading', 'predictions') }}
    where vendor = {{ asked('vendor', 'text') }} and role = 'production'
        and session between {{ asked('look_back', 'date') }} and {{ asked('last', 'date') }}
), matured as (
    select labels.session, model_id, bucket, stood_from, stood_until, count(*) as predictions,
        sum(success_probability::numeric) as probability, sum(market_probability::numeric) as market_probability,
        sum(is_profitable) as profitable
    from labels join predictions using (opened_session, opportunity_id)
    where is_profitable is not null
    group by labels.session, model_id, bucket, stood_from, stood_until
), spans as (
    select asked.session, asked.as_of, first.session as first_session
    from asked join calendar as first on first.place = asked.place - 125
)
select {{ asked('vendor', 'text') }} collate "C" as vendor, spans.session, model_id, bucket,
    sum(predictions)::bigint as predictions,
    (sum(probability) / sum(predictions))::double precision as mean_probability,
    (sum(matured.market_probability) / sum(predictions))::double precision as mean_market_probability,
    (sum(profitable) / sum(predictions))::double precision as share_profitable,
    spans.as_of as available_at,
    {{ provenance() }}
from spans join matured on matured.session between spans.first_session and spans.session
    and matured.stood_from <= spans.as_of and spans.as_of < matured.stood_until
group by spans.session, spans.as_of, model_id, bucket
