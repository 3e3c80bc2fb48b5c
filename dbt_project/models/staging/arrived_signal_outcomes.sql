-- What the signals that mature in the run's sessions came to: a row for every moment at which the signal or one of
-- its bars became known. Entered at the close of the next session (age 1), left when a later bar touches the stop
-- (first, when it touches both) or the target, at the close of age 8 otherwise; a bar that opens beyond the order
-- fills it at its open. A short is a long on the mirrored price, so that one rule serves both. Bars behind a split, a
-- spin-off or a roll are brought to the basis of the session that gave the signal: all prices of a row are on that one.
{%- set exit_age = 1 if var('asked') is none else var('asked')['exit_age'] %}
with asked as (
    {{ asked_sessions() }}
), calendar as (
    {{ calendar() }}
), signals as (
    select asked.session as matured_session, asked.place, asked.as_of, signals.*,
        case signals.side when 'long' then 1 else -1 end as direction
    from asked
    join calendar on calendar.place = asked.place - {{ asked('exit_age', 'bigint') }}
    join {{ source('opportunities', 'signals') }} as signals on signals.session = calendar.session
    where signals.vendor = {{ asked('vendor', 'text') }}
        and signals.session between {{ asked('look_back', 'date') }} and {{ asked('last', 'date') }}
        and signals.available_at <= {{ asked('received_at', 'timestamptz') }}
), bars as (
    select calendar.place, bars.*
    from {{ source('market', 'bars') }} as bars join calendar using (session)
    where bars.vendor = {{ asked('vendor', 'text') }}
        and bars.session between {{ asked('look_back', 'date') }} and {{ asked('last', 'date') }}
        and bars.available_at <= {{ asked('received_at', 'timestamptz') }}
), actions as (
    select calendar.place, actions.symbol, actions.kind, actions.ratio, actions.cash, actions.difference,
        actions.available_at
    from {{ source('market', 'actions') }} as actions join calendar using (session)
    where actions.vendor = {{ asked('vendor', 'text') }} and actions.kind in ('split', 'spin_off', 'roll')
        and actions.session between {{ asked('look_back', 'date') }} and {{ asked('last', 'date') }}
        and actions.available_at <= {{ asked('received_at', 'timestamptz') }}
), ages as (
    select generate_series(1, {{ asked('exit_age', 'bigint') }}) as age
), moments as (
    select matured_session, signal_id, greatest(available_at, as_of) as known_at from signals
    union
    select matured_session, signal_id, greatest(bars.available_at, signals.available_at, as_of)
    from signals cross join ages
    join bars on bars.symbol = signals.symbol
        and bars.place = signals.place - {{ asked('exit_age', 'bigint') }} + ages.age
    union
    select matured_session, signal_id, greatest(actions.available_at, signals.available_at, as_of)
    from signals join actions on actions.symbol = signals.symbol
        and actions.place > signals.place - {{ asked('exit_age', 'bigint') }} and actions.place <= signals.place
), given as (
    select distinct on (matured_session, signal_id, known_at) moments.known_at, signals.*
    from moments join signals using (matured_session, signal_id)
    where signals.available_at <= moments.known_at
    order by matured_session, signal_id, known_at, signals.available_at desc
), quoted as (
    select distinct on (matured_session, signal_id, known_at, age) matured_session, signal_id, known_at, age,
        bars.close, bars.open, bars.high, bars.low
    from given cross join ages
    left join bars on bars.symbol = given.symbol and bars.available_at <= given.known_at
        and bars.place = given.place - {{ asked('exit_age', 'bigint') }} + ages.age
    order by matured_session, signal_id, known_at, age, bars.available_at desc nulls last
), acted as (
    select distinct on (matured_session, signal_id, known_at, action_age, kind) matured_session, signal_id, known_at,
        actions.place - given.place + {{ asked('exit_age', 'bigint') }} as action_age, kind, ratio, cash, difference,
        given.entry_price
    from given
    join actions on actions.symbol = given.symbol and actions.available_at <= given.known_at
        and actions.place > given.place - {{ asked('exit_age', 'bigint') }} and actions.place <= given.place
    order by matured_session, signal_id, known_at, action_age, kind, actions.available_at desc
), moved as (
    -- New shares per old one; after a spin-off, what of them would be worth the old one's close.
    select acted.matured_session, acted.signal_id, acted.known_at, action_age, kind, difference,
        case kind when 'split' then ratio when 'spin_off' then before.close / nullif(before.close - cash, 0) end as shares
    from acted
    left join lateral (
        select case when action_age = 1 then acted.entry_price else quoted.close end as close
        from quoted
        where quoted.matured_session = acted.matured_session and quoted.signal_id = acted.signal_id
            and quoted.known_at = acted.known_at and quoted.age = greatest(action_age - 1, 1)
    ) as before on true
), based as (
    -- Products and sums written out: one of logarithms is not exact, and an aggregate's order is nobody's promise.
    select matured_session, signal_id, known_at, age,
        {%- for action_age in range(1, exit_age + 1) %}
        coalesce(max(shares) filter (where kind = 'split' and action_age = {{ action_age }}), 1)
            * coalesce(max(shares) filter (where kind = 'spin_off' and action_age = {{ action_age }}), 1)
            {{- ' *' if not loop.last }}
        {%- endfor %} as shares,
        {%- for action_age in range(1, exit_age + 1) %}
        coalesce(max(difference) filter (where kind = 'roll' and action_age = {{ action_age }}), 0)
            {{- ' +' if not loop.last }}
        {%- endfor %} as rolled
    from moved join ages on action_age <= age
    group by matured_session, signal_id, known_at, age
), on_one_basis as (
    select quoted.matured_session, quoted.signal_id, quoted.known_at, quoted.age,
        close * coalesce(shares, 1) - coalesce(rolled, 0) as close,
        open * coalesce(shares, 1) - coalesce(rolled, 0) as open,
        high * coalesce(shares, 1) - coalesce(rolled, 0) as high,
        low * coalesce(shares, 1) - coalesce(rolled, 0) as low
    from quoted left join based using (matured_session, signal_id, known_at, age)
), known as (
    select given.*, age, close,
        direction * open as opened,
        direction * close as closed,
        greatest(direction * high, direction * low) as best,
        least(direction * high, direction * low) as worst
    from given join on_one_basis using (matured_session, signal_id, known_at)
), touched as (
    select *,
        min(age) filter (where age >= 2 and worst <= direction * stop_price) over one as stop_age,
        min(age) filter (where age >= 2 and best >= direction * target_price) over one as target_age
    from known
    window one as (partition by matured_session, signal_id, known_at)
), ended as (
    select *, least(stop_age, target_age, {{ asked('exit_age', 'bigint') }}) as end_age,
        coalesce(stop_age <= coalesce(target_age, stop_age), false) as is_stopped,
        coalesce(target_age < coalesce(stop_age, target_age + 1), false) as is_on_target
    from touched
), outcomes as (
    select matured_session as session, signal_id, known_at as available_at, symbol, strategy, side, direction,
        session as opened_session, place, is_stopped, is_on_target, end_age,
        max(close) filter (where age = 1) as entry_close,
        max(case when is_stopped then least(opened, direction * stop_price)
            when is_on_target then greatest(opened, direction * target_price)
            else closed end) filter (where age = end_age) as left_at,
        max(best) filter (where age between 2 and end_age) as best,
        min(worst) filter (where age between 2 and end_age) as worst
    from ended
    group by matured_session, signal_id, known_at, symbol, strategy, side, direction, session, place, is_stopped,
        is_on_target, end_age
), filled as (
    select *, entry_close is not null and left_at is not null as is_filled,
        entry_close * (1 + direction * {{ asked('slippage_bps', 'double precision') }} / 1e4) as entry_price,
        direction * left_at * (1 - direction * {{ asked('slippage_bps', 'double precision') }} / 1e4) as exit_price
    from outcomes
), measured as (
    select *, case when is_filled then 100 * (direction * exit_price - direction * entry_price) / entry_price end
        as profit_pct
    from filled
)
select {{ asked('vendor', 'text') }} collate "C" as vendor, measured.session, signal_id, symbol, strategy, side,
    opened_session, entry.session as entry_session, entry_price, exit_price, profit_pct,
    (profit_pct > 0)::int::bigint as is_profitable,
    case when is_filled then is_on_target::int::bigint end as hit_target,
    case when is_filled then is_stopped::int::bigint end as hit_stop,
    case when is_filled then end_age - 1 end as hold_sessions,
    case when is_filled then 100 * (best - direction * entry_price) / entry_price end as max_favourable_pct,
    case when is_filled then 100 * (worst - direction * entry_price) / entry_price end as max_adverse_pct,
    available_at
from measured
join calendar as entry on entry.place = measured.place - {{ asked('exit_age', 'bigint') }} + 1
