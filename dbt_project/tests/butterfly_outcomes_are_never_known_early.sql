select outcomes.* from {{ ref('arrived_butterfly_outcomes') }} as outcomes
left join ({{ asked_sessions() }}) as asked using (session)
where asked.as_of is null or outcomes.available_at < asked.as_of
    or outcomes.available_at > greatest(asked.as_of, {{ asked('received_at', 'timestamptz') }})
