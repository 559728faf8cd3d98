-- Plans one campaign type for a slice of consumers: what should be there against what is, in one statement.
-- The same statement is the re-check at the last moment (architecture 3), so planning and re-checking can never disagree.
-- Marks in braces: the trigger's query, what names a cycle, what only the earliest occasion of counts, why nothing is sent and the
-- records that rests on.
-- All come from constants, never from input.
-- OFFSET 0 keeps a step by itself, so that what it computes is computed once and not wherever it is named.
-- What is looked up for one row is a lateral with OFFSET 0: by key whatever the planner believes about sizes. It takes every join here for one row,
-- and joined as it liked, it went through everybody of a location once for each person.
with slice as materialized (
    select subscriber_id, consumer_id, is_known, hold_out_mark
    from unnest(cast(:subscribers as uuid[]), cast(:consumers as uuid[]), cast(:known as boolean[]), cast(:hold_out_marks as integer[]))
        as s (subscriber_id, consumer_id, is_known, hold_out_mark)
),
-- Who is in which arm of a comparison; nobody where there is none.
arm as materialized (
    select * from unnest(cast(:arm_campaigns as uuid[]), cast(:arm_consumers as uuid[]), cast(:arms as text[])) as a (campaign_id, consumer_id, arm)
),
clock as (
    select cast(:now as timestamptz) as now, cast(:send_from as time) as send_from, cast(:send_until as time) as send_until,
        cast(:oldest as timestamptz) as oldest
),
step as (
    select *
    from unnest(
        cast(:step_slugs as text[]), cast(:step_days as integer[]), cast(:step_hours as integer[]), cast(:step_business as integer[]),
        cast(:step_times as time[]), cast(:step_rolls as text[]), cast(:step_changes as boolean[]), cast(:step_ons as boolean[]),
        cast(:step_statuses as text[]), cast(:step_verticals as text[]), cast(:step_lates as boolean[])
    ) as s (step, days, hours, business_days, at, roll, on_change, is_on, statuses, verticals, goes_late)
),
-- The campaigns of these subscribers with their own settings in force: a later step than the type's looks further back.
running as materialized (
    select k.subscriber_id, k.campaign_id, k.location_id, k.version, k.state, k.settings, l.zone, l.hold_reason, l.vertical,
        c.now, c.now at time zone l.zone as now_local,
        coalesce(cast(k.settings ->> 'send_from' as time), c.send_from) as send_from,
        coalesce(cast(k.settings ->> 'send_until' as time), c.send_until) as send_until,
        coalesce(cast(k.settings ->> 'useful_days' as integer), cast(:useful_days as integer)) as useful_days,
        coalesce(cast(k.settings ->> 'gap_days' as integer), cast(cast(:defaults as jsonb) ->> 'gap_days' as integer)) as gap_days,
        coalesce(100 * cast(k.settings ->> 'hold_out_percent' as integer), 0) as hold_out_below,
        coalesce(cast(k.settings -> 'comparison' ->> 'wait_days' as integer), 0) as wait_days,
        c.oldest - make_interval(days => {back_days}) as oldest,
        -- What is further ahead than any step reaches back has none to make yet.
        c.now + make_interval(days => greatest(
            cast(:forward_days as integer), cast(:ahead_days as integer) + cast(:spare_days as integer) + {days_before})) as latest
    from campaigns k
    join locations l on l.subscriber_id = k.subscriber_id and l.location_id = k.location_id
    cross join clock c
    where k.type = cast(:type as text) and k.subscriber_id in (select s.subscriber_id from slice s)
),
own_step as materialized (
    select r.campaign_id, st.step, st.roll, st.on_change, st.goes_late, st.statuses,
        coalesce(cast(o.own ->> 'days' as integer), st.days) as days, coalesce(cast(o.own ->> 'hours' as integer), st.hours) as hours,
        coalesce(cast(o.own ->> 'business_days' as integer), st.business_days) as business_days,
        coalesce(cast(o.own ->> 'at' as time), st.at) as at,
        (st.verticals = '' or r.vertical = any(string_to_array(st.verticals, ','))) and case jsonb_typeof(o.own)
            when 'boolean' then cast(o.own #>> '{}' as boolean)
            when 'object' then coalesce(cast(o.own ->> 'on' as boolean), st.is_on)
            else st.is_on
        end as is_on
    from running r
    cross join step st
    cross join lateral (select r.settings -> 'steps' -> st.step as own) o
),
-- Kept, so that it is looked up once a person and not once more for every campaign of the type.
found as materialized (
    select o.*, s.is_known, s.hold_out_mark
    from slice s
    cross join lateral (
        select * from ({source}) y
        where y.subscriber_id = s.subscriber_id and y.consumer_id = s.consumer_id and y.status = any(cast(:statuses as text[])) and not y.deleted
            and (cast(:history as boolean) or not y.historic)
        offset 0
    ) o
),
-- The earliest occasion of a local day speaks for it (N-55), or of a person (N-62), or each for itself. Its own location's zone counts (N-51).
-- Sorted by the person first, here and below: that is the order in which people come, and what comes in order costs next to nothing to sort.
occasion as (
    select distinct on (o.consumer_id, o.subscriber_id, o.location_id, {one_per})
        o.subscriber_id, o.consumer_id, o.location_id, o.trigger_id, o.about_at, o.about_at at time zone k.zone as about_local, o.status,
        o.cycle_key, o.basis, o.ends_at, o.is_known,
        k.zone, k.hold_reason, k.campaign_id, k.version, k.state as campaign_state, k.now, k.now_local, k.send_from, k.send_until, k.useful_days,
        k.gap_days, o.hold_out_mark < k.hold_out_below as is_held_out, x.arm, case when x.arm = 'rest' then k.wait_days else 0 end as waits
    from found o
    join running k on k.subscriber_id = o.subscriber_id and k.location_id = o.location_id and k.state in ('active', 'paused')
    left join arm x on x.campaign_id = k.campaign_id and x.consumer_id = o.consumer_id
    where o.about_at > k.oldest and (k.latest is null or o.about_at < k.latest)
    order by o.consumer_id, o.subscriber_id, o.location_id, {one_per}, o.about_at, o.trigger_id
),
-- Offsets in days keep the wall clock, offsets in hours are elapsed time (N-48), business days count the open days of the calendar.
placed as (
    select o.*, st.step, st.days, st.hours, st.at, st.roll, st.on_change, st.goes_late, {cycle} as cycle,
        case
            when st.on_change then o.about_local
            when st.hours is not null then (o.about_at + make_interval(hours => st.hours)) at time zone o.zone
            else coalesce(b.day, cast(o.about_local as date) + coalesce(st.days, st.business_days) + o.waits) + coalesce(st.at, cast(o.about_local as time))
        end as raw_local
    from occasion o
    -- What was never announced needs no correction.
    join own_step st on st.campaign_id = o.campaign_id and st.is_on and (o.is_known or not st.on_change)
    left join lateral (
        select i.day
        from open_days a
        cross join lateral (
            select * from open_days n
            where n.subscriber_id = a.subscriber_id and n.location_id = a.location_id and n.back_to = n.day
                -- Counted from a closed day, the first open day before it is one business day away, like the first after it.
                and n.ordinal = a.ordinal + st.business_days + case when st.business_days < 0 and a.back_to is distinct from a.day then 1 else 0 end
            offset 0
        ) i
        where st.business_days is not null and a.subscriber_id = o.subscriber_id and a.location_id = o.location_id
            and a.day = cast(o.about_local as date)
        offset 0
    ) b on true
    where st.statuses = '' or o.status = any(string_to_array(st.statuses, ','))
    offset 0
),
-- Types that look ahead so many days make their touches then; none are made for what is long past.
raw as (
    select p.* from placed p
    where p.useful_days is null or (
        p.raw_local >= p.now_local - make_interval(days => p.useful_days + 31)
        and (
            cast(:ahead_days as integer) is null or p.raw_local <= p.now_local + make_interval(days => cast(:ahead_days as integer) + p.waits)
        )
    )
),
-- Out of the send window: back to the evening before or forward to the next morning, by the step's rule (N-54).
clamped as (
    select r.*,
        case
            when r.on_change or (cast(r.raw_local as time) >= r.send_from and cast(r.raw_local as time) < r.send_until) then r.raw_local
            when r.roll = 'back' then
                cast(r.raw_local as date) - case when cast(r.raw_local as time) < r.send_from then 1 else 0 end
                    + (r.send_until - interval '2 hours')
            else cast(r.raw_local as date) + case when cast(r.raw_local as time) >= r.send_until then 1 else 0 end + r.send_from
        end as clamped_local
    from raw r
    offset 0
),
-- Closed days: back to the last open day or forward to the next (N-53).
rolled as (
    select c.*,
        case
            when c.on_change then c.clamped_local
            else coalesce(case c.roll when 'back' then d.back_to when 'forward' then d.forward_to end, cast(c.clamped_local as date))
                + cast(c.clamped_local as time)
        end as planned_local
    from clamped c
    left join lateral (
        select * from open_days i
        where c.roll <> 'stay' and not c.on_change
            and i.subscriber_id = c.subscriber_id and i.location_id = c.location_id and i.day = cast(c.clamped_local as date)
        offset 0
    ) d on true
    offset 0
),
timed as (
    select r.*, r.planned_local at time zone r.zone as planned_at,
        case when r.hours is not null then r.about_at + make_interval(hours => r.hours) else r.raw_local at time zone r.zone end as raw_at,
        case
            when cast(r.now_local as time) < r.send_from then cast(r.now_local as date) + r.send_from
            when cast(r.now_local as time) >= r.send_until then cast(r.now_local as date) + 1 + r.send_from
            else r.now_local
        end as soonest_local
    from rolled r
    offset 0
),
-- A message is of use until its trigger starts, or some days after its time; a later step ends an earlier one's use.
useful as (
    select t.*,
        least(
            case
                when t.useful_days is null then t.about_at
                else (t.planned_local + make_interval(days => t.useful_days)) at time zone t.zone
            end,
            t.ends_at,
            case when not t.on_change then lead(case when not t.on_change then t.planned_at end) over series end
        ) as useful_until,
        bool_or(not t.on_change and t.raw_at > t.now) over series as has_step_ahead
    from timed t
    -- One window for both, the correction behind the regular steps: each window is a pass over all rows.
    window series as (
        partition by t.consumer_id, t.subscriber_id, t.campaign_id, t.cycle order by t.on_change, t.raw_at, t.step
        rows between unbounded preceding and unbounded following
    )
),
wanted as materialized (
    select u.*, e.touch_id as old_id, e.state as old_state, e.reason as old_reason, e.due_local as old_due_local, e.next_at as old_next_at,
        e.rule_version as old_version, e.arm as old_arm, e.variant as old_variant,
        case when e.touch_id is not null then row(e.state, e.reason, e.due_at, e.useful_until, e.planned_local, e.zone, e.about_at, e.basis) end
            as old_row,
        e.touch_id is null or e.state in ('skipped', 'cancelled') or (e.planned_local, e.zone) is distinct from (u.planned_local, u.zone)
            as fresh,
        case u.arm when 'rest' then v.winner else u.arm end as variant,
        case
{blocked}
            when u.is_held_out then 'held_out'
        end as blocked,
        case
            when u.hold_reason is not null then u.hold_reason
            when u.campaign_state = 'paused' then 'campaign_paused'
            when u.arm = 'rest' and v.winner is null and coalesce(e.due_at, u.planned_at) <= u.now then 'comparison_open'
            when cast(:needs_fresh as boolean) and coalesce(e.due_at, u.planned_at) <= u.now and (
                select bool_and(
                    coalesce(n.last_success_at, '-infinity') + make_interval(mins => 2 * n.interval_minutes + cast(:grace_minutes as integer)) < u.now
                )
                from connections n
                where n.subscriber_id = u.subscriber_id and n.location_id = u.location_id
            ) then 'stale_source'
        end as hold
    from useful u
    left join lateral (
        select * from consumers i where i.subscriber_id = u.subscriber_id and i.consumer_id = u.consumer_id offset 0
    ) p on true
    left join lateral (
        select * from consumers i
        where p.recipient_id <> p.consumer_id and i.subscriber_id = u.subscriber_id and i.consumer_id = p.recipient_id
        offset 0
    ) r on true
    left join lateral (
        select * from touches i
        where u.is_known and i.subscriber_id = u.subscriber_id and i.consumer_id = u.consumer_id and i.campaign_type = cast(:type as text)
            and i.campaign_id = u.campaign_id and i.step = u.step and i.cycle = u.cycle
        offset 0
    ) e on true
    left join lateral (
        select * from comparisons i
        where u.arm = 'rest' and i.subscriber_id = u.subscriber_id and i.campaign_id = u.campaign_id and i.cycle = u.cycle
        offset 0
    ) v on true
    -- The correction: only if the last announced time differs from the present one and no regular step is still ahead (N-42, N-43).
    where not u.on_change
        or e.state in ('planned', 'held', 'dispatched')
        or (
            (
                select a.about_at
                from touches a
                where a.subscriber_id = u.subscriber_id and a.consumer_id = u.consumer_id and a.campaign_type = cast(:type as text)
                    and a.campaign_id = u.campaign_id
                    and a.trigger_id = u.trigger_id and a.state in ('sent', 'dispatched', 'uncertain')
                order by a.final_at desc nulls first, a.about_at
                limit 1
            ) <> u.about_at
            and not u.has_step_ahead
        )
),
-- A step whose time was already past when it came up is skipped with its reason, never sent at once (N-46).
judged as (
    select w.*,
        -- Who was left out when the step's time came stays so, whatever happens later: else the effect could not be told.
        not w.on_change and w.fresh and (
            greatest(w.raw_at, w.planned_at) <= w.now and (not w.goes_late or w.old_reason is not distinct from 'held_out')
            or w.useful_until <= w.now)
            -- A date recalculated by days must not lose the step that was to go today (N-61).
            and not (cast(:ahead_days as integer) is not null and w.old_state in ('planned', 'held')) as past,
        case
            when not w.fresh then w.old_due_local
            -- What was skipped and whose time is over keeps the time it had: looking again decides nothing new.
            when w.old_state = 'skipped' and not w.on_change and not w.goes_late and greatest(w.raw_at, w.planned_at) <= w.now then w.old_due_local
            when w.on_change or w.planned_at <= w.now then w.soonest_local
            else w.planned_local
        end as due_local
    from wanted w
    offset 0
),
dated as (
    select j.*, j.due_local at time zone j.zone as due_at
    from judged j
    -- What lost its use before it was ever known is no touch: the past of everybody that a location brings along would be rows for nothing.
    where (j.old_state is null and not (j.past and j.useful_days is not null and j.useful_until <= j.now))
        or j.old_state in ('planned', 'held', 'skipped', 'cancelled')
    offset 0
),
verdict as (
    select j.*, coalesce(
            j.old_id, cast(cast(:id_begin as text) || lpad(to_hex(cast(random() * 281474976710655 as bigint)), 12, '0') as uuid)) as touch_id,
        case
            when j.past and j.old_state in ('skipped', 'cancelled') then j.old_state
            when j.blocked is not null or j.past then 'skipped'
            when j.due_at >= j.useful_until then 'skipped'
            when j.hold is not null then 'held'
            when not j.fresh and j.old_state = 'held' and j.old_reason <> all(cast(:own_holds as text[])) and j.old_next_at > j.now
                then 'held'
            else 'planned'
        end as state,
        case
            when j.past and j.old_state in ('skipped', 'cancelled') then j.old_reason
            when j.blocked is not null then j.blocked
            when j.past then 'step_past'
            when j.due_at >= j.useful_until then 'too_late'
            when j.hold is not null then j.hold
            when not j.fresh and j.old_state = 'held' and j.old_reason <> all(cast(:own_holds as text[])) and j.old_next_at > j.now
                then j.old_reason
            when not j.fresh and j.old_state = 'planned' then j.old_reason
        end as reason
    from dated j
    offset 0
),
kept as (
    insert into touches as t (
        subscriber_id, touch_id, campaign_id, campaign_type, location_id, step, cycle, consumer_id, trigger_id, kind, counts, rank, about_at,
        about_on, zone, planned_local, due_local, due_at, next_at, useful_until, state, reason, rule_version, final_at, basis,
        arm, variant
    )
    select v.subscriber_id, v.touch_id, v.campaign_id, cast(:type as text), v.location_id, v.step, v.cycle, v.consumer_id,
        v.trigger_id, cast(:kind as text) || case when v.on_change then '_changed' else '' end, not v.on_change, cast(:rank as smallint), v.about_at,
        case when cast(:same_day as boolean) then cast(v.about_local as date) end, v.zone, v.planned_local, v.due_local, v.due_at,
        case when v.state = 'held' and v.old_state = 'held' then least(v.old_next_at, v.useful_until) else least(v.due_at, v.useful_until) end,
        -- What waits is written by the campaign's newest version, what has left keeps its own (N-99).
        v.useful_until, v.state, v.reason, case when v.fresh or v.state in ('planned', 'held') then v.version else v.old_version end,
        case when v.state in ('skipped', 'cancelled') then v.now end, v.basis, v.arm, v.variant
    from verdict v
    -- What stands as it should is not offered at all: a conflict locks its row, which is a page to write for every touch looked at again.
    where v.old_id is null
        or v.old_row is distinct from row(v.state, v.reason, v.due_at, v.useful_until, v.planned_local, v.zone, v.about_at, v.basis)
        or (v.old_state in ('planned', 'held') and (v.old_version, v.old_arm, v.old_variant) is distinct from (v.version, v.arm, v.variant))
    on conflict (subscriber_id, consumer_id, campaign_type, campaign_id, step, cycle) do update set
        location_id = excluded.location_id, rank = excluded.rank, zone = excluded.zone, planned_local = excluded.planned_local,
        due_local = excluded.due_local, due_at = excluded.due_at, next_at = excluded.next_at, useful_until = excluded.useful_until,
        state = excluded.state, reason = excluded.reason, rule_version = excluded.rule_version, final_at = excluded.final_at,
        basis = excluded.basis, about_at = excluded.about_at, about_on = excluded.about_on, trigger_id = excluded.trigger_id,
        arm = excluded.arm, variant = excluded.variant
    where t.state in ('planned', 'held', 'skipped', 'cancelled')
        and ((t.state, t.reason, t.due_at, t.useful_until, t.planned_local, t.zone, t.about_at, t.basis) is distinct from (
            excluded.state, excluded.reason, excluded.due_at, excluded.useful_until, excluded.planned_local, excluded.zone, excluded.about_at,
            excluded.basis)
            or (t.state in ('planned', 'held') and (t.rule_version, t.arm, t.variant) is distinct from (
                excluded.rule_version, excluded.arm, excluded.variant)))
    returning t.subscriber_id, t.touch_id, t.campaign_id, t.consumer_id, t.trigger_id, t.cycle, t.about_at, t.planned_local, t.state, t.reason, t.due_at,
        t.rule_version
),
-- The record that a situation rests on, looked up only where one holds and was not on file yet.
decided as (
    select u.*, case when u.state = 'skipped' then case u.reason
            when '' then cast(null as uuid)
{deciders}
        end end as decider_id
    from (
        select k.*, c.now, (select r.gap_days from running r where r.campaign_id = k.campaign_id) as gap_days
        from kept k
        cross join clock c
    ) u
),
-- What is there and should not be: cancelled, moved, over, switched off, or covered by an earlier occasion of the day (N-41, N-42).
unwanted as (
    select t.subscriber_id, t.touch_id, t.state,
        case
            when k.state is distinct from 'active' and k.state is distinct from 'paused' then 'campaign_ended'
            when o.trigger_id is null or o.deleted then cast(:trigger as text) || '_cancelled'
            when o.status <> all(cast(:statuses as text[]))
                then coalesce(
                    (
                        select m.reason
                        from unnest(cast(:stop_statuses as text[]), cast(:stop_reasons as text[])) as m (status, reason)
                        where m.status = o.status
                    ),
                    cast(:trigger as text) || '_not_firm'
                )
            when o.consumer_id is distinct from t.consumer_id then cast(:trigger as text) || '_of_another'
            when o.about_at is distinct from t.about_at or o.location_id <> t.location_id then cast(:trigger as text) || '_moved'
            when exists (select from own_step st where st.campaign_id = t.campaign_id and st.step = t.step and not st.is_on) then 'step_off'
            when cast(:ahead_days as integer) is not null then 'not_due_yet'
            else 'covered_same_day'
        end as reason
    from slice s
    cross join clock c
    cross join lateral (
        select * from touches i
        where s.is_known and i.subscriber_id = s.subscriber_id and i.consumer_id = s.consumer_id and i.campaign_type = cast(:type as text)
            and i.state in ('planned', 'held', 'dispatched')
        offset 0
    ) t
    left join running k on k.subscriber_id = t.subscriber_id and k.campaign_id = t.campaign_id
    left join lateral (
        select * from ({source}) y where y.subscriber_id = t.subscriber_id and y.trigger_id = t.trigger_id
        order by y.cycle_key = t.cycle desc limit 1
    ) o on true
    where t.about_at > coalesce(k.oldest, c.oldest)
        -- NOT IN over one column is hashed whatever the planner believes about sizes; an anti-join of two CTEs may go quadratic.
        and t.touch_id not in (select w.old_id from wanted w where w.old_id is not null)
),
voided as (
    update touches t set state = 'cancelled', reason = u.reason, final_at = c.now
    from unwanted u
    cross join clock c
    where t.subscriber_id = u.subscriber_id and t.touch_id = u.touch_id and t.state in ('planned', 'held')
    returning t.subscriber_id, t.touch_id, t.state, t.reason, t.due_at, t.rule_version
),
-- With the mailer already and no longer wanted: asked back; its outcome decides (N-41).
withdrawn as (
    update touches t set withdraw_reason = u.reason
    from (
        select subscriber_id, touch_id, reason from unwanted where state = 'dispatched'
        union all
        select subscriber_id, old_id, coalesce(blocked, hold) from wanted
        where old_state = 'dispatched' and (blocked is not null or hold <> 'stale_source')
    ) u
    where t.subscriber_id = u.subscriber_id and t.touch_id = u.touch_id and t.state = 'dispatched' and t.withdraw_reason is null
    returning t.subscriber_id, t.touch_id
),
noted as (
    insert into decisions (subscriber_id, touch_id, decided_at, state, reason, due_at, rule_version, decider_id)
    select subscriber_id, touch_id, now, state, reason, due_at, rule_version, decider_id from decided
    union all
    select v.subscriber_id, v.touch_id, c.now, v.state, v.reason, v.due_at, v.rule_version, null from voided v cross join clock c
)
select subscriber_id, touch_id from withdrawn
