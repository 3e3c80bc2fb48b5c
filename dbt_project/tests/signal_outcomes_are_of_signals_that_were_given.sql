select outcomes.* from {{ ref('arrived_signal_outcomes') }} as outcomes
where not exists (
    select from {{ source('opportunities', 'signals') }} as given
    where given.vendor = outcomes.vendor and given.session = outcomes.opened_session
        and given.signal_id = outcomes.signal_id
        and given.session between {{ asked('look_back', 'date') }} and {{ asked('last', 'date') }}
)
