"""The records that can trigger a series, each as one query of the same shape; a new kind of trigger is a new entry here.

Columns: subscriber_id, trigger_id, location_id, consumer_id, about_at, status, historic, deleted, cycle_key (the occasion's own name) and basis (why
the date is what it is, for `basis_sentence`). They read :now, :type and :defaults.
"""

from typing import Final

from services.scheduler.domain.campaign_type import Cycle
from services.scheduler.domain.triggers import TriggerKind

_APPOINTMENT: Final = """
select subscriber_id, appointment_id as trigger_id, location_id, consumer_id, starts_at as about_at, status, historic, deleted, '' as cycle_key,
    cast(null as jsonb) as basis
from appointments"""
_VISIT: Final = """
select subscriber_id, visit_id as trigger_id, location_id, consumer_id, completed_at as about_at, cast('completed' as text) as status, historic,
    deleted, '' as cycle_key, cast(null as jsonb) as basis
from visits"""
_DATED: Final = """
select d.subscriber_id, d.trigger_id, d.location_id, d.consumer_id, (d.due_on + time '12:00') at time zone l.zone as about_at, d.status, d.historic,
    d.deleted, d.cycle_key, d.basis
from ({dates}) d
join locations l on l.subscriber_id = d.subscriber_id and l.location_id = d.location_id"""
_RECARE: Final = """
select r.subscriber_id, r.recare_id as trigger_id, r.location_id, r.consumer_id, r.due_on,
    case when r.disabled or r.disabled_until > cast(cast(:now as timestamptz) as date) then 'disabled' else 'due' end as status,
    r.historic, r.deleted, r.type || '@' || y.began_with as cycle_key,
    jsonb_build_object('by', 'recare', 'due_on', r.due_on, 'type', r.type, 'began_with', y.began_with) as basis
from recares r
join recare_cycles y on y.subscriber_id = r.subscriber_id and y.consumer_id = r.consumer_id and y.type = r.type"""
# Serviced: the vehicle's last line done, else its owner's last visit. Due by time or by mileage, whichever is first.
_SERVICE: Final = """
select f.subscriber_id, f.vehicle_id as trigger_id, f.location_id, f.consumer_id, f.due_on, f.state as status, f.historic, f.deleted,
    f.vehicle_id || '@' || f.serviced_on as cycle_key,
    jsonb_strip_nulls(jsonb_build_object(
        'by', case when f.by_miles_on < f.by_time_on then 'mileage' else 'time' end, 'due_on', f.due_on, 'serviced_on', f.serviced_on,
        'months', f.months, 'miles', f.miles, 'a_day', round(cast(f.miles_a_day as numeric), 1), 'used', f.readings_used,
        'ignored', f.readings_ignored, 'by_time_on', f.by_time_on, 'label', f.label)) as basis
from (
    select t.*, least(t.by_time_on, t.by_miles_on) as due_on
    from (
        select v.*, r.months, r.miles, s.serviced_on, cast(s.serviced_on + make_interval(months => r.months) as date) as by_time_on,
            case when v.miles_a_day is not null then s.serviced_on + cast(round(r.miles / v.miles_a_day) as integer) end as by_miles_on
        from vehicles v
        join campaigns k
            on k.subscriber_id = v.subscriber_id and k.location_id = v.location_id and k.type = cast(:type as text) and k.state <> 'ended'
        join locations l on l.subscriber_id = v.subscriber_id and l.location_id = v.location_id
        cross join lateral (
            select cast(coalesce(k.settings ->> 'service_months', cast(:defaults as jsonb) ->> 'service_months') as integer) as months,
                cast(coalesce(k.settings ->> 'service_miles', cast(:defaults as jsonb) ->> 'service_miles') as integer) as miles
        ) r
        cross join lateral (
            select cast(coalesce(
                (select max(n.noted_at) from service_lines n
                 where n.subscriber_id = v.subscriber_id and n.vehicle_id = v.vehicle_id and n.state = 'done' and not n.deleted),
                (select max(w.completed_at) from visits w
                 where w.subscriber_id = v.subscriber_id and w.consumer_id = v.consumer_id and not w.deleted)
            ) at time zone l.zone as date) as serviced_on
        ) s
    ) t
) f"""
_INSPECTION: Final = """
select subscriber_id, vehicle_id as trigger_id, location_id, consumer_id, inspection_on as due_on, state as status, historic, deleted,
    vehicle_id || '@' || inspection_on as cycle_key,
    jsonb_build_object('by', 'inspection', 'due_on', inspection_on, 'label', label) as basis
from vehicles where inspection_on is not null"""
# Done since under the same category, on the same vehicle or person, counts as done whatever the job is called; without a category only the line's own
# state tells (N-69). A sold vehicle's work is nobody's any more.
_LINES: Final = """
select n.subscriber_id, n.line_id as trigger_id, n.location_id, n.consumer_id, n.noted_at as about_at,
    case
        when n.state not in ('recommended', 'declined') or exists (
            select from service_lines w
            where w.subscriber_id = n.subscriber_id and w.consumer_id = n.consumer_id and w.vehicle_id is not distinct from n.vehicle_id
                and n.category <> '' and lower(w.category) = lower(n.category) and w.state in ('approved', 'done') and not w.deleted
                and w.noted_at >= n.noted_at and w.line_id <> n.line_id
        ) then 'done'
        when v.state = 'sold' or v.deleted or v.consumer_id <> n.consumer_id then 'sold'
        when n.is_safety then 'open_safety'
        else 'open'
    end as status,
    n.historic, n.deleted, '' as cycle_key,
    jsonb_build_object('by', 'line', 'state', n.state, 'noted_on', cast(n.noted_at as date), 'is_safety', n.is_safety,
        'label', coalesce(v.label, '')) as basis
from service_lines n
left join vehicles v on v.subscriber_id = n.subscriber_id and v.vehicle_id = n.vehicle_id
where n.vehicle_id is {vehicle}"""

SOURCES: Final[dict[TriggerKind, str]] = {
    "appointment": _APPOINTMENT,
    "visit": _VISIT,
    "recare": _DATED.format(dates=_RECARE),
    "service": _DATED.format(dates=_SERVICE),
    "inspection": _DATED.format(dates=_INSPECTION),
    "declined": _LINES.format(vehicle="not null"),
    "treatment": _LINES.format(vehicle="null"),
}
"""Ingest sends completed visits only: an estimate or work in progress never gets here (N-72)."""

CYCLES: Final[dict[Cycle, str]] = {
    "trigger": "cast(o.trigger_id as text)",
    "trigger_and_start": """o.trigger_id || '@' || to_char(o.about_local, 'YYYY-MM-DD"T"HH24:MI')""",
    "occasion": "o.cycle_key",
}
"""What makes a touch unique beside campaign, step and person: the trigger, the trigger with its announced local start (N-42, N-43), or what the
source calls the occasion: the recare cycle (N-61), the service it follows."""
