select outcomes.* from {{ ref('arrived_butterfly_outcomes') }} as outcomes
where not exists (
    select from {{ source('opportunities', 'butterflies') }} as found
    where found.vendor = outcomes.vendor and found.session = outcomes.opened_session
        and found.opportunity_id = outcomes.opportunity_id
        and found.session between {{ asked('look_back', 'date') }} and {{ asked('last', 'date') }}
)
